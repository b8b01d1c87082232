# Does nothing but print, as fast as it can, without a newline.
import sys

while True:
    sys.stdout.write('x' * 65536)
