import { SkillName, ok, ownScope } from "@moltbot/contracts";
import type {
  AgentId,
  Principal,
  Result,
  SkillInfo,
  SkillManifest,
  StoredPackage,
  StoredSigner,
} from "@moltbot/contracts";
import { houseScope } from "../keep-house.ts";
import { checkStored } from "./open-archive.ts";
import { agentsWith } from "./skill-grants.ts";
import { bytesOf, isOwnWords } from "./skill-library.ts";
import { grantsGiving } from "./skills-desk.ts";
import type { SkillParts } from "./skills-desk.ts";

/** Stands for a skill of which nothing can be believed any more. */
const unreadable = ({ name, version }: StoredPackage): SkillManifest => ({
  name: SkillName.parse(name),
  version,
  description: "It is not what was installed, so nothing of it is read.",
  tools: [],
  origin: "imported",
});

const infoOf = (
  parts: SkillParts,
  by: Principal,
  stored: StoredPackage,
  signers: readonly StoredSigner[],
  agents: readonly AgentId[],
): SkillInfo => {
  const sound = checkStored(parts, stored, signers);
  const content = sound.ok ? sound.value.opened.content : null;
  const manifest = content?.kind === "skill" ? content.manifest : unreadable(stored);
  const signer = signers.find(({ key }) => key === stored.signer);
  return {
    name: manifest.name,
    version: stored.version,
    digest: stored.digest,
    signer: { key: stored.signer, name: signer?.name ?? "" },
    manifest,
    trusted: content !== null && signer !== undefined && isOwnWords(signer, manifest, by.id),
    files: (content?.files ?? []).map((file) => ({ path: file.path, bytes: bytesOf(file).length })),
    agents,
    installedAt: stored.installedAt,
    updatedAt: stored.updatedAt,
  };
};

/** Every skill, checked anew, with whoever asks' own agents that may read it. */
export const listSkills = async (parts: SkillParts, by: Principal): Promise<Result<readonly SkillInfo[]>> => {
  const { store } = parts.house;
  const installed = await store.packages.list(houseScope(by));
  if (!installed.ok) return installed;
  const signers = await store.signers.list(houseScope(by));
  if (!signers.ok) return signers;
  const agents = await store.agents.list(ownScope(by));
  if (!agents.ok) return agents;
  const mine = agents.value.filter(({ ownerId }) => ownerId === by.id).map(({ id }) => id);
  const infos: SkillInfo[] = [];
  for (const stored of installed.value) {
    if (stored.kind !== "skill") continue;
    const grants = await grantsGiving(parts, store, by, stored.name);
    if (!grants.ok) return grants;
    const readers = agentsWith(stored.name, grants.value).filter((id) => mine.includes(id));
    infos.push(infoOf(parts, by, stored, signers.value, readers));
  }
  return ok(infos);
};
