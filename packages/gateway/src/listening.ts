import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { createHttpServer } from "@moltbot/ingress/http";
import type { Closers } from "./closers.ts";
import type { Furnished } from "./furnish.ts";
import { findProject } from "./home.ts";
import { bindOperations } from "./operations/index.ts";
import type { HouseOperations } from "./operations/index.ts";
import type { StartWish } from "./start-gateway.ts";
import type { TurnWorkers } from "./turn-workers.ts";
import { VERSION } from "./version.ts";

const bind = (wish: StartWish, furnished: Furnished, workers: TurnWorkers, address: () => string): HouseOperations => {
  const { house, memory, guard, identity } = furnished;
  return bindOperations({
    house,
    guard,
    identity,
    secrets: memory.vault.secrets,
    settings: wish.settings,
    workers,
    policy: furnished.policy,
    policies: furnished.policies,
    workspaces: furnished.workspaces,
    wakeReminders: () => furnished.wakeReminders(),
    facts: {
      version: VERSION,
      home: wish.home.root,
      sealedBy: memory.vault.sealedBy,
      startedAt: house.clock.now(),
      model: () => furnished.defaultModel(),
      address,
      auditSize: () => memory.audit.size(),
    },
    checkDatabase: () => memory.database.check(),
  });
};

/** Opens both listeners and says where; returns the address that people use. */
export const startListening = async (
  wish: StartWish,
  furnished: Furnished,
  workers: TurnWorkers,
  closers: Closers,
): Promise<Result<string>> => {
  const { house, log } = furnished;
  const { gateway, limits } = wish.settings.current();
  const web = join(findProject(import.meta.url), "dist", "web");
  let address = "";
  let ready = false;
  const server = createHttpServer({
    handlers: bind(wish, furnished, workers, () => address),
    identity: furnished.identity,
    events: house.events,
    webDirectory: existsSync(join(web, "index.html")) ? web : null,
    host: gateway.host,
    port: gateway.port,
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
  // Where the command line finds this gateway; it holds no secret.
  const note = join(wish.home.run, "gateway.json");
  writeFileSync(note, JSON.stringify({ pid: process.pid, url: address, socket: wish.home.socket }), { mode: 0o600 });
  closers.add(() => rmSync(note, { force: true }));
  log.info("the gateway is ready", { address, version: VERSION });
  return ok(address);
};
