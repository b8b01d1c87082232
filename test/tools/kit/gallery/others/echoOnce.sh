#!/bin/sh
# Without "fork" socat ends after its first client.
exec socat "TCP-LISTEN:$1,bind=127.0.0.1,reuseaddr" EXEC:cat
