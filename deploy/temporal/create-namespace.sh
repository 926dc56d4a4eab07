#!/bin/sh
# Creates the namespace once the server serves. Safe to repeat.
set -eu

for _ in $(seq 60); do
  if temporal operator cluster health >/dev/null 2>&1; then break; fi
  sleep 1
done
temporal operator cluster health

if temporal operator namespace describe -n "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  echo "namespace $TEMPORAL_NAMESPACE is there"
else
  temporal operator namespace create --retention "$RETENTION" -n "$TEMPORAL_NAMESPACE"
fi
