#!/bin/bash
# Creates the index of friendships unless it is there. Safe to repeat.
set -euo pipefail

index="$SEARCH_URL/$SEARCH_INDEX"
case $(curl -s -o /dev/null -w '%{http_code}' --head "$index") in
  200) echo "index $SEARCH_INDEX is there" ;;
  404) curl -sS --fail-with-body -X PUT "$index" -H 'content-type: application/json' --data-binary "@$MAPPING" && echo ;;
  *) echo "$index does not answer as OpenSearch would" >&2 && exit 1 ;;
esac
