/* Sends back a string: that ends at NUL. One client after the other. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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
    char data[4096];
    ssize_t count;
    while ((count = recv(client, data, sizeof data - 1, 0)) > 0) {
      data[count] = '\0';
      send(client, data, strlen(data), 0);
    }
    close(client);
  }
}
