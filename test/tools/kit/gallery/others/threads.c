/* Right: an echo server with a thread for each client. */
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void *converse(void *argument) {
  int client = (int)(intptr_t)argument;
  char data[4096];
  for (;;) {
    ssize_t count = recv(client, data, sizeof data, 0);
    if (count <= 0) break;
    for (ssize_t sent = 0; sent < count;) {
      ssize_t taken = send(client, data + sent, count - sent, 0);
      if (taken < 0) goto end;
      sent += taken;
    }
  }
end:
  close(client);
  return NULL;
}

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  int welcoming = socket(AF_INET, SOCK_STREAM, 0);
  int on = 1;
  setsockopt(welcoming, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in address = {
      .sin_family = AF_INET,
      .sin_port = htons(argc > 1 ? atoi(argv[1]) : 65432),
      .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
  };
  if (bind(welcoming, (struct sockaddr *)&address, sizeof address) < 0) return 1;
  if (listen(welcoming, 128) < 0) return 1;
  for (;;) {
    int client = accept(welcoming, NULL, NULL);
    if (client < 0) continue;
    pthread_t thread;
    pthread_create(&thread, NULL, converse, (void *)(intptr_t)client);
    pthread_detach(thread);
  }
}
