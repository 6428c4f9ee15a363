# The first stage installs what runs, and nothing that only builds or tests.
FROM oven/bun:1.4.5-slim AS install
WORKDIR /app
COPY package.json bun.lock bunfig.toml ./
COPY packages ./packages
COPY scripts/prune.mjs ./scripts/prune.mjs
# Peers that are needed are dependencies of our own; the others are compilers and types.
RUN bun install --frozen-lockfile --production --omit=peer --filter=mayfly --ignore-scripts \
    && bun scripts/prune.mjs node_modules

# What browsers load is built with packages that are not needed to serve it.
FROM oven/bun:1.4.5-slim AS web
WORKDIR /app
COPY package.json bun.lock bunfig.toml tsconfig.json ./
COPY packages ./packages
COPY scripts ./scripts
COPY src ./src
RUN bun scripts/build-web.mjs

FROM oven/bun:1.4.5-slim
LABEL org.opencontainers.image.title="Mayfly" \
      org.opencontainers.image.description="A self-hosted service for data that should not last" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="0.1.0"
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=8080 \
    DATA_DIR=/data
WORKDIR /app
COPY --from=install /app/node_modules ./node_modules
COPY package.json tsconfig.json LICENSE ./
COPY migrations ./migrations
COPY src ./src
COPY --from=web /app/build/web ./build/web
# A new volume takes the owner of the folder that it covers.
RUN mkdir /data && chown bun:bun /data \
    && printf '%s\n' '#!/bin/sh' \
       'exec bun --no-env-file --tsconfig-override=/app/tsconfig.json /app/src/main.ts "$@"' \
       > /usr/local/bin/mayfly \
    && chmod +x /usr/local/bin/mayfly
USER bun
VOLUME ["/data"]
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
    CMD ["bun", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["mayfly"]
CMD ["serve"]
