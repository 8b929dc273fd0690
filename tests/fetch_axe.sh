#!/usr/bin/env bash
# Fetches axe-core (MPL-2.0, by Deque Systems), with which the tests look for faults of accessibility in our pages, from
# npm into build/axe/axe.min.js. Only tests use it; it is no part of the package.
set -euo pipefail
version=4.14.1
archive=e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745  # SHA-256 of the package
script=29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c  # and of axe.min.js in it
folder="$(cd "$(dirname "$0")/.." && pwd)/build/axe"
mkdir -p "$folder"
cd "$folder"
if [ -f axe.min.js ] && echo "$script  axe.min.js" | sha256sum --check --status; then exit; fi
new="$(mktemp -d "$folder/new.XXXXXX")"
trap 'rm -rf "$new"' EXIT
if command -v npm >/dev/null; then
  npm pack "axe-core@$version" --silent --pack-destination "$new" >/dev/null
else
  curl --fail --silent --show-error --location --max-time 60 --output "$new/axe-core-$version.tgz" \
    "https://registry.npmjs.org/axe-core/-/axe-core-$version.tgz"
fi
echo "$archive  $new/axe-core-$version.tgz" | sha256sum --check --status || {
  echo "axe-core $version is not the file that it was: nothing was kept" >&2
  exit 1
}
tar -xzf "$new/axe-core-$version.tgz" -C "$new" package/axe.min.js
echo "$script  $new/package/axe.min.js" | sha256sum --check --quiet
mv "$new/package/axe.min.js" axe.min.js
