#!/bin/sh
# Makes the secrets of compose.yaml in ./secrets. Existing ones stay: a new SECRET would invalidate signed URLs, and
# PostgreSQL keeps the password of its first start.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets

make() {
  [ -e "secrets/$1" ] || od -An -N24 -tx1 /dev/urandom | tr -d ' \n' > "secrets/$1"
}

for name in secret metrics-token postgres-password database-password s3-access-key s3-secret-key; do
  make "$name"
done
[ -e secrets/database-url ] ||
  printf 'postgres://mayfly:%s@postgres/mayfly?sslmode=disable' "$(cat secrets/database-password)" > secrets/database-url

# Containers run as other users than the owner of these files. The folder keeps all others out.
chmod 644 secrets/*
