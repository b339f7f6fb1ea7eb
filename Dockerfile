# One image for every component of the lab. Only features that the classic builder and BuildKit both know.

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Without scripts: "prepare" would want the sources, which come later so that this layer outlives them.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build -- --declaration false && chmod +x dist/cli/main.js

FROM node:24-bookworm-slim
# What the machine on the path needs: ip takes the addresses, nft turns connections aside, tcpdump looks. All three are
# in the one image, because a second one would cost more than they weigh.
RUN apt-get update \
 && apt-get install -y --no-install-recommends iproute2 nftables tcpdump \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
ENV NODE_ENV=production
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/package.json ./
COPY --from=build /app/dist ./dist
RUN ln -s /app/dist/cli/main.js /usr/local/bin/midplane
USER node
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
