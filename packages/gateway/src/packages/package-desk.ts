import { err, moltbotError, ok } from "@moltbot/contracts";
import type {
  PackageLock,
  PackageReport,
  PluginInfo,
  PluginName,
  PluginTrialReport,
  Principal,
  Result,
  Signer,
  SigningKey,
  SkillInfo,
  SkillName,
} from "@moltbot/contracts";
import { houseScope } from "../keep-house.ts";
import { changePlugin } from "./change-plugin.ts";
import type { ChangeWish } from "./change-plugin.ts";
import { installPlugin } from "./install-plugin.ts";
import type { InstallWish } from "./install-plugin.ts";
import { judgeArrival, reportOf } from "./judge-arrival.ts";
import { loadPackages } from "./load-packages.ts";
import { readArchive } from "./open-archive.ts";
import { listPlugins } from "./plugin-info.ts";
import { removePlugin } from "./remove-plugin.ts";
import type { Removed } from "./remove-plugin.ts";
import { listSigners, removeSigner, trustSigner } from "./signers-desk.ts";
import type { TrustWish } from "./signers-desk.ts";
import { listSkills } from "./skill-info.ts";
import { changeSkill, installSkill, removeSkill } from "./skills-desk.ts";
import type { SkillParts, SkillWish } from "./skills-desk.ts";
import { tryPlugin } from "./try-plugin.ts";
import type { TrialWish } from "./try-plugin.ts";
import { acceptUpdate, updatePlugin } from "./update-plugin.ts";

interface UpdateWish {
  readonly name: PluginName;
  readonly archive: string;
  readonly lock?: PackageLock | undefined;
}

/** Where packages are looked at, taken, changed and removed. Whoever calls has been let in by role; changes are made one at a time. */
export interface PackageDesk {
  /** Loads what is installed; at the start, once. */
  start(owner: Principal): Promise<void>;
  /** Says what a package is. Keeps nothing. */
  inspect(by: Principal, archive: string): Promise<Result<PackageReport>>;
  /** Names exactly what is installed. */
  lock(by: Principal): Promise<Result<PackageLock>>;
  plugins(by: Principal): Promise<Result<readonly PluginInfo[]>>;
  install(by: Principal, wish: InstallWish): Promise<Result<PluginInfo>>;
  update(by: Principal, wish: UpdateWish): Promise<Result<PluginInfo>>;
  accept(by: Principal, wish: { readonly name: PluginName; readonly digest: string }): Promise<Result<PluginInfo>>;
  change(by: Principal, wish: ChangeWish): Promise<Result<PluginInfo>>;
  remove(by: Principal, wish: { readonly name: PluginName }): Promise<Result<Removed & { readonly name: PluginName }>>;
  try(by: Principal, wish: TrialWish): Promise<Result<PluginTrialReport>>;
  skills(by: Principal): Promise<Result<readonly SkillInfo[]>>;
  installSkill(by: Principal, wish: SkillWish): Promise<Result<SkillInfo>>;
  changeSkill(by: Principal, wish: Parameters<typeof changeSkill>[2]): Promise<Result<SkillInfo>>;
  removeSkill(by: Principal, wish: { readonly name: SkillName }): Promise<Result<Record<string, never>>>;
  signers(by: Principal): Promise<Result<readonly Signer[]>>;
  trust(by: Principal, wish: TrustWish): ReturnType<typeof trustSigner>;
  distrust(by: Principal, wish: { readonly key: SigningKey }): Promise<Result<Record<string, never>>>;
}

/** What is done in turn: two changes at once would each judge by what the other is about to replace. */
const inTurn = (): (<T>(work: () => Promise<T>) => Promise<T>) => {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work);
    last = mine.catch(() => undefined);
    return mine;
  };
};

const one = async <T extends { readonly name: string }>(
  all: Promise<Result<readonly T[]>>,
  name: string,
): Promise<Result<T>> => {
  const listed = await all;
  if (!listed.ok) return listed;
  const found = listed.value.find((item) => item.name === name);
  return found === undefined ? err(moltbotError("NOT_FOUND", { kind: "package" })) : ok(found);
};

/** The desk over its parts. */
export const createPackageDesk = (parts: SkillParts): PackageDesk => {
  const turn = inTurn();
  const plugin = async (by: Principal, changed: Result<unknown>, name: string): Promise<Result<PluginInfo>> =>
    changed.ok ? one(listPlugins(parts, by), name) : changed;
  const skill = async (by: Principal, changed: Result<unknown>, name: string): Promise<Result<SkillInfo>> =>
    changed.ok ? one(listSkills(parts, by), name) : changed;
  return {
    start: (owner) => turn(() => loadPackages(parts, owner)),
    inspect: async (by, archive) => {
      const arrival = readArchive(parts, archive);
      if (!arrival.ok) return arrival;
      const judged = await judgeArrival(parts, by, arrival.value, undefined);
      return judged.ok ? ok(reportOf(judged.value)) : judged;
    },
    lock: async (by) => {
      const installed = await parts.house.store.packages.list(houseScope(by));
      if (!installed.ok) return installed;
      const packages = installed.value.map(({ kind, name, version, digest, signer }) => ({
        kind,
        name,
        version,
        digest,
        signer,
      }));
      return ok({ lock: 1, packages });
    },
    plugins: (by) => listPlugins(parts, by),
    install: (by, wish) =>
      turn(async () => {
        const installed = await installPlugin(parts, by, wish);
        return installed.ok ? plugin(by, installed, installed.value) : installed;
      }),
    update: (by, wish) => turn(async () => plugin(by, await updatePlugin(parts, by, wish), wish.name)),
    accept: (by, wish) => turn(async () => plugin(by, await acceptUpdate(parts, by, wish), wish.name)),
    change: (by, wish) => turn(async () => plugin(by, await changePlugin(parts, by, wish), wish.name)),
    remove: (by, wish) => turn(() => removePlugin(parts, by, wish)),
    try: (by, wish) => tryPlugin(parts, by, wish),
    skills: (by) => listSkills(parts, by),
    installSkill: (by, wish) =>
      turn(async () => {
        const installed = await installSkill(parts, by, wish);
        return installed.ok ? skill(by, installed, installed.value) : installed;
      }),
    changeSkill: (by, wish) => turn(async () => skill(by, await changeSkill(parts, by, wish), wish.name)),
    removeSkill: (by, wish) => turn(() => removeSkill(parts, by, wish)),
    signers: (by) => listSigners(parts, by),
    trust: (by, wish) => turn(() => trustSigner(parts, by, wish)),
    distrust: (by, wish) => turn(() => removeSigner(parts, by, wish)),
  };
};
