#!/usr/bin/env bash
# Gradescope runs this once, while it builds the image. The zip that you upload holds setup.sh,
# run_autograder and this project in the folder lab.
set -eu
AUTOGRADER=${AUTOGRADER:-/autograder}

if ! command -v node >/dev/null || [ "$(node -p 'parseInt(process.versions.node)')" -lt 20 ]; then
  apt-get update
  apt-get install -y --no-install-recommends npm python3 util-linux iproute2
  npm install --global node@22 # Debian's and Ubuntu's own is too old
fi
cd "$AUTOGRADER/source/lab"
npm ci
chmod 755 "$AUTOGRADER" "$AUTOGRADER/source"
