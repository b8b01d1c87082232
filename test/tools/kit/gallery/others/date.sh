#!/bin/sh
# read waits for a newline, which the client of the slide does not send.
exec socat "TCP-LISTEN:$1,bind=127.0.0.1,reuseaddr,fork,backlog=128" SYSTEM:'read question; date'
