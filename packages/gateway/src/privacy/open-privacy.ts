import { join } from "node:path";
import { done } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { openAttachmentFiles } from "@moltbot/storage/database";
import type { Furnished } from "../furnish.ts";
import type { Home } from "../home.ts";
import { stopTurn } from "../operations/stop-turn.ts";
import type { SettingsStore } from "../settings/index.ts";
import type { TurnWorkers } from "../turn-workers.ts";
import type { JobHandler } from "../work/index.ts";
import { createAttachmentDesk } from "./attachment-desk.ts";
import { createPrivacyDesk } from "./desk.ts";
import { resumeErasures } from "./erase-subject.ts";
import type { AttachmentDesk, PrivacyDesk, PrivacyPorts } from "./ports.ts";
import { retire, sweepErased } from "./retention.ts";

/** Where everything is that privacy reaches. */
export interface PrivacyWish {
  readonly furnished: Pick<Furnished, "house" | "memory" | "workspaces" | "system" | "owner"> & {
    readonly copies: PrivacyPorts["copies"];
  };
  readonly home: Pick<Home, "root">;
  readonly settings: SettingsStore;
}

/** The desks of one house, and the handler of the job that keeps to what the settings say about how long things are kept. */
export interface Privacy {
  readonly privacy: PrivacyDesk;
  readonly attachments: AttachmentDesk;
  readonly retention: readonly [kind: string, handler: JobHandler];
  /** The owner was erased: the house that still knows them has to close, and opens for the account that took their place. */
  whenOwnerErased(hear: () => void): void;
}

const NOBODY_RUNS: Pick<TurnWorkers, "stop"> = { stop: () => false };

/** What erasing, exporting and retiring reach in a house. */
export const privacyPorts = (
  { furnished, home, settings }: PrivacyWish,
  workers: Pick<TurnWorkers, "stop">,
  ownerErased: () => void,
): PrivacyPorts => {
  const { house, memory, workspaces, copies, system } = furnished;
  const { vault, database } = memory;
  return {
    house,
    vault,
    files: openAttachmentFiles({ folder: join(home.root, "attachments"), sealer: vault.content }),
    addresses: () => database.attachmentAddresses(),
    auditDetails: database.auditDetails,
    workspaces,
    copies,
    system,
    settings: () => settings.current(),
    ownerErased,
    stopTurn: (scope, id) => stopTurn({ house, workers }, scope, id),
  };
};

/** Goes on with what a crash interrupted. Before turns run and anybody is let in: nobody meets what is half erased. */
export const settlePrivacy = async (wish: PrivacyWish): Promise<Result<void>> => {
  const ports = privacyPorts(wish, NOBODY_RUNS, () => undefined);
  const resumed = await resumeErasures(ports);
  if (!resumed.ok) return resumed;
  const swept = await sweepErased(ports);
  return swept.ok ? done : swept;
};

/** Opens them once: erasures wait for each other there. */
export const openPrivacy = (wish: PrivacyWish, workers: Pick<TurnWorkers, "stop">): Privacy => {
  let ownerErased = (): void => undefined;
  const ports = privacyPorts(wish, workers, () => ownerErased());
  const privacy = createPrivacyDesk(ports);
  return {
    privacy,
    attachments: createAttachmentDesk(ports),
    retention: ["retention:run", { housekeeping: true, run: () => retire(ports, privacy, wish.furnished.owner) }],
    whenOwnerErased: (hear) => {
      ownerErased = hear;
    },
  };
};
