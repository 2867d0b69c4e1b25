#!/bin/sh
# Rotates the key ring in a Kubernetes Secret: reads it, lets `sealed-session keys rotate` do what is
# due, and writes it back in one request. The request has the resourceVersion that was read, so the
# API server refuses it if the Secret was edited meanwhile. Whatever fails, the Secret stays as it
# was, and the next run begins again.
#
# Secrets are in files of a directory in memory and in pipes, never in arguments or in the log.
set -eu
umask 077

secret=${SECRET:-session-keys}
key=${KEY:-session.keys}

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Both in one request, so that they belong together.
path=$(printf %s "$key" | sed 's/\./\\./g')
kubectl get secret "$secret" -o "jsonpath={.metadata.resourceVersion} {.data.$path}" >"$dir/read"
read -r version data <"$dir/read" || [ -n "$version" ]
if [ -z "$version" ] || [ -z "$data" ]; then
    echo "the Secret $secret has no $key: nothing was changed" >&2
    exit 1
fi
printf %s "$data" | base64 -d >"$dir/ring"

status=0
sealed-session keys rotate "$dir/ring" --exit-code \
    --every "${EVERY:-30d}" --lead "${LEAD:-1h}" --keep "${KEEP:-45d}" || status=$?
case $status in
0) ;;
3) exit 0 ;; # nothing is due
*) exit "$status" ;;
esac

# Not in a command substitution, in which a failure of base64 would go unnoticed.
base64 <"$dir/ring" >"$dir/lines"
tr -d '\n' <"$dir/lines" >"$dir/encoded"
base64 -d <"$dir/encoded" | cmp - "$dir/ring"
{
    printf '{"metadata":{"resourceVersion":"%s"},"data":{"%s":"' "$version" "$key"
    cat "$dir/encoded"
    printf '"}}\n'
} >"$dir/patch"
kubectl patch secret "$secret" --type merge --patch-file "$dir/patch" -o name
