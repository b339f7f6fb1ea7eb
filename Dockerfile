# One image for every component of the lab. Only what the classic builder and BuildKit both know; amd64 and arm64.

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Without scripts: "prepare" compiles, and the sources come later, so that a change in them leaves this layer alone.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build -- --declaration false && chmod +x dist/cli/main.js

FROM node:24-bookworm-slim
# For the machine on the path: ip takes addresses, nft turns connections aside, arping tells neighbours untruths, tcpdump
# looks. They are in the one image because a second one would cost every user a second build, and they weigh 12 MB.
# That machine's process is not root either: on-path hands it the network capabilities that its container was given, as
# ambient ones, the only kind that ip keeps for a user who is not root. A container without both of them cannot run it.
# in-node does the same for a kube-proxy, with NET_ADMIN alone.
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends iproute2 iputils-arping libcap2-bin nftables tcpdump \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log \
 && cp /usr/bin/setpriv /usr/local/bin/setpriv-net-admin \
 && setcap cap_net_admin+ep /usr/local/bin/setpriv-net-admin \
 && setcap cap_net_admin,cap_net_raw+ep /usr/bin/setpriv \
 && printf '%s\n' '#!/bin/sh' 'caps=+net_admin,+net_raw' 'exec setpriv --inh-caps $caps --ambient-caps $caps -- "$@"' > /usr/local/bin/on-path \
 && printf '%s\n' '#!/bin/sh' 'caps=+net_admin' 'exec setpriv-net-admin --inh-caps $caps --ambient-caps $caps -- "$@"' > /usr/local/bin/in-node \
 && chmod 755 /usr/local/bin/on-path /usr/local/bin/in-node \
 && ln -s /app/bin/midplane /usr/local/bin/midplane
WORKDIR /app
ENV NODE_ENV=production
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY bin ./bin
COPY --from=build /app/dist ./dist
COPY scenarios/*.yaml ./scenarios/
USER node
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
