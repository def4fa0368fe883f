import { ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { createHttpServer } from "@moltbot/ingress/http";
import { createCrypto } from "@moltbot/storage/crypto";
import type { Closers } from "./closers.ts";
import type { Furnished } from "./furnish.ts";
import type { Doorway } from "./doorway.ts";
import { noteAddress, webFolder } from "./doorway.ts";
import { bindOperations } from "./operations/index.ts";
import type { HouseOperations } from "./operations/index.ts";
import type { StartWish } from "./start-gateway.ts";
import type { Working } from "./start-work.ts";
import { VERSION } from "./version.ts";

const bind = (
  wish: StartWish,
  furnished: Furnished,
  { workers, work, privacy: { privacy, attachments } }: Working,
  { vault }: Doorway,
  address: () => string,
): HouseOperations => {
  const { house, memory, guard, identity } = furnished;
  return bindOperations({
    house,
    guard,
    identity,
    secrets: memory.vault.secrets,
    mac: (purpose, bytes) => createCrypto(memory.vault.key("mac")).mac(purpose, bytes),
    vault,
    backups: furnished.backups,
    settings: wish.settings,
    workers,
    work,
    policy: furnished.policy,
    policies: furnished.policies,
    workspaces: furnished.workspaces,
    privacy,
    attachments,
    wakeReminders: () => furnished.wakeReminders(),
    facts: {
      version: VERSION,
      home: wish.home.root,
      get sealedBy() {
        return memory.vault.sealedBy;
      },
      startedAt: house.clock.now(),
      model: () => furnished.defaultModel(),
      address,
      auditSize: () => memory.audit.size(),
    },
    checkDatabase: () => memory.database.check(),
  });
};

/** Every call is activity, at its beginning and at its end: the vault does not lock while somebody is served. */
const noticing = (handlers: HouseOperations, touch: () => void): HouseOperations => {
  const noticed = Object.entries(handlers).map(([name, handle]) => [
    name,
    async (...given: Parameters<typeof handle>) => {
      touch();
      try {
        return await (handle as (...values: typeof given) => Promise<unknown>)(...given); // each handler with its own input
      } finally {
        touch();
      }
    },
  ]);
  return Object.fromEntries(noticed) as HouseOperations; // the same names with handlers of the same inputs and outputs
};

/** Opens both listeners and says where; returns the address that people use. */
export const startListening = async (
  wish: StartWish,
  furnished: Furnished,
  working: Working,
  doorway: Doorway,
  closers: Closers,
): Promise<Result<string>> => {
  const { house, log } = furnished;
  const { gateway, limits } = wish.settings.current();
  let address = "";
  let ready = false;
  const server = createHttpServer({
    handlers: noticing(
      bind(wish, furnished, working, doorway, () => address),
      () => doorway.touch(),
    ),
    identity: furnished.identity,
    events: house.events,
    webDirectory: webFolder(),
    host: gateway.host,
    port: doorway.port ?? gateway.port,
    allowedHosts: gateway.allowedHosts,
    socketPath: wish.home.socket,
    ready: () => ready,
    log,
    clock: house.clock,
    version: VERSION,
    newTraceId: () => furnished.newTraceId(),
    rateLimits: { perPrincipal: limits.requestsPerSecond },
  });
  closers.add(() => {
    ready = false;
    return server.close();
  });
  const listening = await server.listen();
  if (!listening.ok) return listening;
  address = listening.value.url;
  ready = true;
  closers.add(noteAddress(wish.home, address));
  log.info("the gateway is ready", { address, version: VERSION });
  return ok(address);
};
