#!/bin/sh
# Right: socat starts a cat for each client.
exec socat "TCP-LISTEN:$1,bind=127.0.0.1,reuseaddr,fork,backlog=128" EXEC:cat
