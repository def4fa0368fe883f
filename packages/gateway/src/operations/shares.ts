import { ACCESS_RIGHTS, ShareId, done, err, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type {
  AccessRight,
  AuditEvent,
  Grantee,
  OperationHandlers,
  OperationInput,
  Principal,
  PrincipalId,
  RequestContext,
  Result,
  Share,
} from "@moltbot/contracts";
import { endHidden } from "../end-hidden.ts";
import { reachedBy } from "../keep-house.ts";
import { findObject, usersAmong } from "../object-access.ts";
import { recordedChange } from "../recorded-change.ts";
import type { Release } from "../release.ts";
import type { OperationPorts } from "./ports.ts";
import { releaseFor, releaseOperations } from "./release.ts";

type Handlers = Pick<OperationHandlers, "shares.list" | "shares.set" | "shares.remove" | "shares.foresee">;

const isSame = (a: Grantee, b: Grantee): boolean =>
  a.kind === b.kind && (a.kind === "everyone" || b.kind === "everyone" || a.id === b.id);

const inOrder = (rights: readonly AccessRight[]): readonly AccessRight[] =>
  ACCESS_RIGHTS.filter((right) => rights.includes(right));

/**
 * The rights that hold afterwards. Whoever may edit or delete may use; and a deny only adds to one that is there: a part of it is
 * lifted by removing it, which says so.
 */
const rightsAfter = (
  { effect, rights }: Pick<Share, "effect" | "rights">,
  before: Share | undefined,
): readonly AccessRight[] => inOrder(effect === "allow" ? ["use", ...rights] : [...rights, ...(before?.rights ?? [])]);

/** Those whom a share reaches and who may use the thing now; for anybody else it does not exist. */
const users = async ({ house: { store } }: OperationPorts, by: Principal, share: Pick<Share, "object" | "to" | "by">) =>
  usersAmong(store, by, await reachedBy(store, by, share.to), share);

/** Tells whoever could use it before, or can now. */
const tell = async (
  ports: OperationPorts,
  by: Principal,
  share: Share,
  before: readonly PrincipalId[],
): Promise<void> => {
  const audience = new Set([by.id, ...before, ...(await users(ports, by, share))]);
  ports.house.events.publish(
    "share:changed",
    { tenantId: by.tenantId, audience: [...audience] },
    { object: share.object, by: by.id },
  );
};

const fieldsOf = ({ id, object, to, rights, effect }: Share) => ({
  shareId: id,
  [`${object.type}Id`]: object.id,
  to: to.kind,
  ...(to.kind === "person" ? { personId: to.id } : to.kind === "team" ? { teamId: to.id } : {}),
  rights: rights.join(" "),
  effect,
});

/** Sharing a conversation is a release: how much leaves is on record, and from where it came in the sealed part. */
const recordOf = (share: Share, release: Release | null): AuditEvent =>
  release === null
    ? { event: "share:set", actor: share.by, fields: fieldsOf(share) }
    : {
        event: "conversation:released",
        actor: share.by,
        fields: {
          ...fieldsOf(share),
          upTo: share.upTo,
          messages: release.messages.length,
          masked: release.masked,
          sources: release.sources.length,
          digest: release.digest,
        },
        details: { sources: release.sources.join(" ") },
        subject: `person:${share.by}`,
      };

/** Whether it is one's own to share, and with whom it may be shared: sharing on is the owner's alone. */
const mayShare = async (
  { house: { store }, secrets }: OperationPorts,
  by: Principal,
  { object, to }: Pick<OperationInput<"shares.set">, "object" | "to">,
): Promise<Result<void>> => {
  const found = await findObject({ store, secrets }, by, object);
  if (!found.ok) return found;
  if (found.value.ownerId !== by.id) return err(moltbotError("ACCESS_DENIED", { right: "share", kind: object.type }));
  return to.kind === "person" && to.id === by.id
    ? err(moltbotError("REQUEST_INVALID", { path: "to", problem: "it is your own" }))
    : done;
};

const set = async (
  ports: OperationPorts,
  { principal: by }: RequestContext,
  input: OperationInput<"shares.set">,
): Promise<Result<Share>> => {
  const { house } = ports;
  const { object, to, rights, effect } = input;
  const scope = ownScope(by);
  const may = await mayShare(ports, by, input);
  if (!may.ok) return may;
  const release = await releaseFor(ports, by, input);
  if (!release.ok) return release;
  const all = await house.store.shares.ofObject(scope, object);
  if (!all.ok) return all;
  const before = all.value.find((one) => one.effect === effect && isSame(one.to, to));
  const share: Share = {
    id: before?.id ?? house.ids.next(ShareId),
    object,
    to,
    rights: rightsAfter({ effect, rights }, before),
    effect,
    upTo: release.value?.upTo ?? null,
    by: by.id,
    at: house.clock.now(),
  };
  const more = share.rights.some((right) => before?.rights.includes(right) !== true);
  const widens = effect === "allow" && (more || release.value !== null);
  const could = await users(ports, by, share);
  const stored = await recordedChange<Share>(house, {
    event: recordOf(share, release.value),
    widens,
    change: () => house.store.shares.set(scope, share),
  });
  if (!widens) await endHidden(ports, by);
  if (stored.ok) await tell(ports, by, stored.value, could);
  return stored;
};

const remove = async (
  ports: OperationPorts,
  { principal: by }: RequestContext,
  { shareId }: OperationInput<"shares.remove">,
): Promise<Result<Record<string, never>>> => {
  const { house } = ports;
  const scope = ownScope(by);
  const found = await house.store.shares.find(scope, shareId);
  if (!found.ok) return found;
  const could = await users(ports, by, found.value);
  const removed = await recordedChange<Share>(house, {
    event: { event: "share:removed", actor: by.id, fields: fieldsOf(found.value) },
    widens: found.value.effect === "deny",
    change: () => house.store.shares.remove(scope, shareId),
  });
  await endHidden(ports, by);
  if (!removed.ok) return removed;
  await tell(ports, by, removed.value, could);
  return ok({});
};

/** What of one's own others may use, and what is kept from whom. */
export const shareOperations = (ports: OperationPorts): Handlers => ({
  "shares.list": ({ principal }) => ports.house.store.shares.list(ownScope(principal)),
  "shares.set": (context, input) => set(ports, context, input),
  "shares.remove": (context, input) => remove(ports, context, input),
  ...releaseOperations(ports),
});
