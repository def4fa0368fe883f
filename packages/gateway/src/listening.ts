import { ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { createHttpServer } from "@moltbot/ingress/http";
import type { OpenAiHandlers } from "@moltbot/ingress/http";
import { createCrypto } from "@moltbot/storage/crypto";
import type { Closers } from "./closers.ts";
import type { Furnished } from "./furnish.ts";
import type { Doorway } from "./doorway.ts";
import { noteAddress, webFolder } from "./doorway.ts";
import { bindOperations } from "./operations/index.ts";
import type { HouseOperations, OperationPorts } from "./operations/index.ts";
import { createOpenAi } from "./openai/index.ts";
import { hostsToServe, linkAddress } from "./public-address.ts";
import type { StartWish } from "./start-gateway.ts";
import type { Working } from "./start-work.ts";
import { readTls, watchTls } from "./tls-files.ts";
import { VERSION } from "./version.ts";

const portsOf = (
  wish: StartWish,
  furnished: Furnished,
  { workers, work, privacy: { privacy, attachments } }: Working,
  { vault }: Doorway,
  address: () => string,
): OperationPorts => {
  const { house, memory, guard, identity } = furnished;
  const { gateway } = wish.settings.current();
  return {
    house,
    guard,
    identity,
    secrets: memory.vault.secrets,
    connections: furnished.connections,
    mac: (purpose, bytes) => createCrypto(memory.vault.key("mac")).mac(purpose, bytes),
    vault,
    backups: furnished.backups,
    settings: wish.settings,
    auditDetails: memory.audit,
    workers,
    work,
    policy: furnished.policy,
    policies: furnished.policies,
    workspaces: furnished.workspaces,
    undo: furnished.undo,
    privacy,
    attachments,
    wakeReminders: () => furnished.wakeReminders(),
    programs: {
      endAll: async () => {
        await Promise.all([furnished.programs.endAll(), furnished.plugins.endAll()]);
      },
    },
    packages: furnished.packages,
    copies: furnished.copies,
    facts: {
      version: VERSION,
      home: wish.home.root,
      get sealedBy() {
        return memory.vault.sealedBy;
      },
      startedAt: house.clock.now(),
      model: () => furnished.defaultModel(),
      address,
      linkAddress: () => linkAddress(gateway, address()),
      auditSize: () => memory.audit.size(),
    },
    checkDatabase: () => memory.database.check(),
    checkWall: () => furnished.wall.check(),
    wallState: () => furnished.wall.state(),
  };
};

/** Every call is activity, at its beginning and at its end: the vault does not lock while somebody is served. */
const noticing = <H extends HouseOperations | OpenAiHandlers>(handlers: H, touch: () => void): H => {
  const noticed = Object.entries(handlers).map(([name, handle]) => [
    name,
    async (...given: readonly unknown[]) => {
      touch();
      try {
        return await (handle as (...values: typeof given) => Promise<unknown>)(...given); // each handler with its own input
      } finally {
        touch();
      }
    },
  ]);
  return Object.fromEntries(noticed) as H; // the same names with handlers of the same inputs and outputs
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
  const tls = readTls(gateway.tls);
  if (!tls.ok) return tls;
  let address = "";
  let ready = false;
  const operations = portsOf(wish, furnished, working, doorway, () => address);
  const isErased = (subject: string): boolean => furnished.memory.vault.erased().some((one) => one.subject === subject);
  const touch = (): void => doorway.touch();
  const server = createHttpServer({
    handlers: noticing(bindOperations(operations), touch),
    openai: noticing(createOpenAi({ operations, isErased }), touch),
    identity: furnished.identity,
    events: house.events,
    webDirectory: webFolder(),
    host: gateway.host,
    port: doorway.port ?? gateway.port,
    allowedHosts: hostsToServe(gateway),
    tls: tls.value,
    proxies: gateway.proxies,
    socketPath: wish.home.socket,
    ready: () => ready,
    log,
    clock: house.clock,
    version: VERSION,
    newTraceId: () => furnished.newTraceId(),
    rateLimits: { perPrincipal: limits.requestsPerSecond, bytesPerMinute: limits.bytesPerMinute },
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
  closers.add(watchTls(gateway.tls, log, (pair) => server.renewTls(pair)));
  log.info("the gateway is ready", { address, version: VERSION });
  return ok(address);
};
