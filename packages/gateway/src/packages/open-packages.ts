import { join } from "node:path";
import { PrincipalId, err, moltbotError } from "@moltbot/contracts";
import type {
  AccessScope,
  ClockPort,
  DomainEvent,
  LogPort,
  Principal,
  SignaturePort,
  SkillLibraryPort,
  Store,
} from "@moltbot/contracts";
import type { Egress } from "@moltbot/execution/egress";
import { createPluginHost } from "@moltbot/execution/plugins";
import type { PluginHost, PluginHostPorts } from "@moltbot/execution/plugins";
import type { Wall } from "@moltbot/execution/sandbox";
import type { SecretNames } from "@moltbot/execution/tools";
import type { House } from "../house.ts";
import { callToolFor } from "./call-tool.ts";
import { createPackageDesk } from "./package-desk.ts";
import type { PackageDesk } from "./package-desk.ts";
import { createSkillLibrary } from "./skill-library.ts";
import { createSkillShelf } from "./skill-shelf.ts";

export interface PackagesWish {
  readonly store: Store;
  readonly wall: Wall;
  readonly egress: Egress;
  readonly secrets: SecretNames;
  readonly signatures: Pick<SignaturePort, "isKey" | "verify">;
  /** SHA-256, lower-case hex. */
  readonly hash: (bytes: Uint8Array) => string;
  /** A text that nobody can guess. */
  readonly newToken: () => string;
  readonly clock: ClockPort;
  readonly log: LogPort;
  /** Where this project's own programs lie, and whether they are run from their source. */
  readonly project: string;
  readonly fromSource: boolean;
}

/** What runs plugins and shelves skills, before the house is introduced to it and after. */
export interface OpenPackages {
  readonly host: Pick<PluginHost, "tools" | "endAll">;
  readonly skills: SkillLibraryPort;
  /** Introduces the house, loads what is installed, and begins to hear of events. Once. */
  introduce(house: House, owner: Principal): Promise<PackageDesk>;
  /** Ends every process; nothing runs any more. */
  close(): Promise<void>;
}

/** The person who may not be served any more, where an event says so. */
const goneWith = (event: DomainEvent): PrincipalId | null => {
  if (event.name === "person:changed" && event.payload.person.state !== "active") return event.payload.person.id;
  return event.name === "subject:erased" && event.payload.kind === "person"
    ? PrincipalId.parse(event.payload.id)
    : null;
};

/** Opens the host of plugins and the shelf of skills. Until the house is introduced nothing is loaded, and no plugin is heard. */
export const openPackages = (wish: PackagesWish): OpenPackages => {
  const { store, clock, log, project, fromSource } = wish;
  let house: House | null = null;
  const callTool: PluginHostPorts["callTool"] = async (...call) =>
    house === null
      ? err(moltbotError("PLUGIN_STOPPED", { plugin: call[2].name, problem: "the house is not open yet" }))
      : callToolFor(house)(...call);
  const emit = (scope: AccessScope, plugin: string, name: string, data: string): void => {
    const to = { tenantId: scope.tenantId, audience: [scope.principalId] };
    house?.events.publish("plugin:emitted", to, { plugin, name, data });
  };
  const host = createPluginHost({
    wall: wish.wall,
    nodePath: process.execPath,
    workerPath: fromSource
      ? join(project, "packages/sandbox-runner/src/plugin-worker.ts")
      : join(project, "dist/plugin-worker.cjs"),
    egress: wish.egress,
    secrets: wish.secrets,
    box: store.pluginItems,
    callTool,
    emit,
    clock,
    log,
    newToken: wish.newToken,
  });
  const shelf = createSkillShelf();
  const { signers, capabilities } = store;
  const skills = createSkillLibrary({ installed: () => shelf.all(), signers, capabilities, clock });
  let leave = (): void => undefined;
  return {
    host,
    skills,
    introduce: async (opened, owner) => {
      house = opened;
      const { signatures, hash } = wish;
      const desk = createPackageDesk({ house: opened, host, signatures, hash, shelf });
      await desk.start(owner);
      leave = opened.events.subscribe((event) => {
        const gone = goneWith(event);
        if (gone !== null) void host.endOf(gone);
        // While everything is stopped nothing begins by itself.
        if (!opened.halted()) host.hear(event);
      });
      return desk;
    },
    close: () => {
      leave();
      return host.close();
    },
  };
};
