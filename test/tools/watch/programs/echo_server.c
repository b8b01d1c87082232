#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv) {
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[argc - 1]))};
  inet_pton(AF_INET, "127.0.0.1", &own.sin_addr);
  int welcoming = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(welcoming, (struct sockaddr *)&own, sizeof own) < 0)
    return 1;
  listen(welcoming, 5);
  int client = accept(welcoming, NULL, NULL);
  char data[1024];
  ssize_t length;
  while ((length = read(client, data, sizeof data)) > 0)
    send(client, data, length, 0);
  close(client);
  close(welcoming);
  return 0;
}
