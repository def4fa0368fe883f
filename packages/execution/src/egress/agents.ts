import { Agent } from "undici";
import type { Dispatcher } from "undici";
import { checkAddress } from "./check-address.ts";
import { createConnector } from "./connect-checked.ts";
import type { Dial } from "./connect-checked.ts";
import type { EgressAuthority } from "./egress.ts";
import type { Lookup } from "./resolve-host.ts";

/** Milliseconds and counts, by kind of authority. A model may think for minutes; a page may not. */
const LIMITS = {
  tool: { connect: 10_000, headers: 20_000, body: 20_000, keepAlive: 4_000, connections: 8 },
  provider: { connect: 10_000, headers: 600_000, body: 300_000, keepAlive: 30_000, connections: 256 },
} as const;
const HEADER_BYTES = 16_384;
const MOST_AGENTS = 32;

/** Connections kept alive, never shared between authorities that were granted different things. */
export interface Agents {
  of(authority: EgressAuthority): Dispatcher;
  close(): Promise<void>;
}

const keyOf = (authority: EgressAuthority): string =>
  authority.kind === "provider" ? `provider ${authority.origin}` : `tool ${authority.granted.toSorted().join(" ")}`;

/** Makes the pools; `check` classifies an address and `dial` reaches it. */
export const createAgents = (parts: {
  readonly lookup: Lookup;
  readonly check: (address: string) => string;
  readonly dial: Dial;
}): Agents => {
  const agents = new Map<string, Agent>();
  const create = (authority: EgressAuthority): Agent => {
    const limits = LIMITS[authority.kind];
    return new Agent({
      connect: createConnector({
        lookup: parts.lookup,
        check: (host, port) => checkAddress(authority, host, port, parts.check),
        dial: parts.dial,
        milliseconds: limits.connect,
      }),
      allowH2: false,
      connections: limits.connections,
      pipelining: 1,
      keepAliveTimeout: limits.keepAlive,
      headersTimeout: limits.headers,
      bodyTimeout: limits.body,
      maxHeaderSize: HEADER_BYTES,
    });
  };
  const evictOldest = (): void => {
    const [oldest] = agents;
    if (oldest === undefined || agents.size < MOST_AGENTS) return;
    agents.delete(oldest[0]);
    void oldest[1].close();
  };
  let closed = false;
  return {
    of: (authority) => {
      const key = keyOf(authority);
      const known = agents.get(key);
      if (known !== undefined) return known;
      evictOldest();
      const agent = create(authority);
      if (closed) void agent.destroy();
      agents.set(key, agent);
      return agent;
    },
    close: async () => {
      closed = true;
      await Promise.all([...agents.values()].map((agent) => agent.destroy()));
    },
  };
};
