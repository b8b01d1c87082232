# Looks at its argument, and has nothing to do.
import sys

print('DateClient for port', sys.argv[1])
