import { ErasureId, PrincipalId, done, err, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type { AccessScope, ErasureCertificate, Principal, PrivacySubject, Result } from "@moltbot/contracts";
import { signCertificate } from "@moltbot/storage/audit";
import { comeToRest } from "./come-to-rest.ts";
import { copiesOutOfReach, outOfReach } from "./out-of-reach.ts";
import type { PrivacyPorts } from "./ports.ts";
import { reachToErase } from "./reach.ts";
import { removeRest } from "./remove-rest.ts";

/** An erasure that has begun and not been certified; kept until it is, so that a crash does not leave half of one. */
export const isUnfinished = ({ signature }: ErasureCertificate): boolean => signature === "";

type OutOfReach = ErasureCertificate["outOfReach"];

const keyOf = ({ kind, id }: PrivacySubject): string => `${kind}:${id}`;

/** Whether nobody else could sign in as an owner any more. */
const isTheOwner = async ({ house: { store } }: PrivacyPorts, subject: PrivacySubject): Promise<Result<boolean>> => {
  if (subject.kind !== "person") return ok(false);
  const owner = await store.identity.owner();
  return owner.ok ? ok(owner.value?.id === subject.id) : owner;
};

/** The keys that were destroyed with the subject's own, and the keyring's generations; null while they are there. */
const destroyedBefore = (
  { vault }: PrivacyPorts,
  subject: PrivacySubject,
): { readonly keys: readonly string[]; readonly generation: number } | null => {
  const erased = vault.erased();
  const own = erased.find((one) => one.subject === keyOf(subject));
  if (own === undefined) return null;
  const keys = erased.filter(({ generation }) => generation === own.generation).map(({ subject: key }) => key);
  return { keys, generation: own.generation };
};

/** All that was out of reach, with the copies that were made while the erasure began: they hold what is destroyed now. */
const withLaterCopies = async (ports: PrivacyPorts, begun: ErasureCertificate): Promise<Result<OutOfReach>> => {
  const copies = await copiesOutOfReach(ports);
  if (!copies.ok) return copies;
  const named = new Set(begun.outOfReach.map(({ what, where }) => `${what} ${where}`));
  return ok([...begun.outOfReach, ...copies.value.filter(({ what, where }) => !named.has(`${what} ${where}`))]);
};

/** Somebody must be able to sign in: a new account without a past takes the owner's place. */
const succeed = async (
  { house: { store, ids }, settings }: PrivacyPorts,
  { tenantId }: AccessScope,
): Promise<Result<void>> => {
  const owner = await store.identity.owner();
  if (!owner.ok) return owner;
  if (owner.value !== null) return done;
  return store.identity.createPerson({
    id: ids.next(PrincipalId),
    tenantId,
    kind: "person",
    name: settings().owner.name,
    role: "owner",
  });
};

/** From the destroyed keys to the signed certificate; every part may be done twice. */
const finish = async (
  ports: PrivacyPorts,
  scope: AccessScope,
  actor: PrincipalId | "system",
  begun: ErasureCertificate,
  destroyed: { readonly keys: readonly string[]; readonly count: number; readonly from: number; readonly to: number },
): Promise<Result<ErasureCertificate>> => {
  const { house, vault } = ports;
  const { store, audit, clock, events } = house;
  const { subject } = begun;
  const beyond = await withLaterCopies(ports, begun);
  if (!beyond.ok) return beyond;
  const rest = await removeRest(ports, scope, subject, destroyed.keys);
  if (!rest.ok) return rest;
  const copies = await ports.copies.forget(subject);
  if (!copies.ok) return copies;
  if (subject.kind === "person") {
    const secrets = await vault.secrets.removeAllOf(subject.id);
    if (!secrets.ok) return secrets;
    const succeeded = await succeed(ports, scope);
    if (!succeeded.ok) return succeeded;
  }
  const { rows, files } = rest.value;
  const recorded = await audit.record({
    event: "subject:erased",
    actor,
    fields: {
      erasureId: begun.id,
      kind: subject.kind,
      id: subject.id,
      keys: destroyed.count,
      generation: destroyed.to,
      rows: Object.values(rows).reduce((sum, each) => sum + each, 0),
      files,
    },
  });
  if (!recorded.ok) return recorded;
  const head = await audit.head();
  if (!head.ok) return head;
  const certificate = signCertificate(vault.signer(), {
    id: begun.id,
    subject,
    at: clock.now(),
    keys: destroyed.count,
    rows,
    files,
    keyring: { from: destroyed.from, to: destroyed.to },
    outOfReach: beyond.value,
    audit: { size: head.value.size, root: head.value.root },
  });
  const kept = await store.privacy.certify(ports.system, certificate);
  if (!kept.ok) return kept;
  events.publish(
    "subject:erased",
    { tenantId: scope.tenantId, audience: [actor === "system" ? ports.system.principalId : actor] },
    { kind: subject.kind, id: subject.id },
  );
  return ok(certificate);
};

/** From the marker on: what a crash interrupts here, the next start goes on with. */
const carryOut = async (
  ports: PrivacyPorts,
  scope: AccessScope,
  actor: PrincipalId | "system",
  begun: ErasureCertificate,
): Promise<Result<ErasureCertificate>> => {
  const keys = await comeToRest(ports, scope, begun.subject);
  if (!keys.ok) return keys;
  // Programs read what they were given for as long as they run.
  const ended = await ports.copies.forget(begun.subject);
  if (!ended.ok) return ended;
  // The point of no return: from here on nothing of the subject can be read, whatever happens to its rows.
  const erased = await ports.vault.erase(keys.value);
  if (!erased.ok) return erased;
  const { keys: count, from, to } = erased.value;
  return finish(ports, scope, actor, begun, { keys: keys.value, count, from, to });
};

/** Goes on with one that was begun, from wherever it was left. */
const goOn = async (ports: PrivacyPorts, begun: ErasureCertificate): Promise<Result<ErasureCertificate>> => {
  const before = destroyedBefore(ports, begun.subject);
  return before === null
    ? carryOut(ports, ports.system, "system", begun)
    : finish(ports, ports.system, "system", begun, {
        keys: before.keys,
        count: before.keys.length,
        from: begun.keyring.from,
        to: before.generation,
      });
};

/** The same erasure, when this person asked for it before and the disk or a backup stood in its way. */
const begunBefore = async (
  { house: { store } }: PrivacyPorts,
  by: Principal,
  subject: PrivacySubject,
): Promise<Result<ErasureCertificate | null>> => {
  const own = await store.privacy.certificates(ownScope(by));
  if (!own.ok) return own;
  return ok(own.value.find((one) => isUnfinished(one) && keyOf(one.subject) === keyOf(subject)) ?? null);
};

/**
 * Erases a conversation or all that is kept of a person, for good: recorded first, then turns over it end, its keys are destroyed,
 * rows, files and index entries go, and the engine's files are cleaned of them. The certificate names what lies out of reach.
 */
export const eraseSubject = async (
  ports: PrivacyPorts,
  by: Principal,
  subject: PrivacySubject,
): Promise<Result<ErasureCertificate>> => {
  const { store, audit, clock, ids } = ports.house;
  const unfinished = await begunBefore(ports, by, subject);
  if (!unfinished.ok) return unfinished;
  if (unfinished.value !== null) return goOn(ports, unfinished.value);
  const reach = await reachToErase(store, by, subject);
  if (!reach.ok) return reach;
  const scope = reach.value;
  const visible = await store.privacy.addressesOf(scope, subject);
  if (!visible.ok) return visible;
  const sole = await isTheOwner(ports, subject);
  if (!sole.ok) return sole;
  if (sole.value) {
    const stop = await store.stops.current(scope);
    if (!stop.ok) return stop;
    if (stop.value !== null) return err(moltbotError("EVERYTHING_STOPPED", { since: stop.value.at }));
  }
  const beyond = await outOfReach(ports, scope, subject);
  if (!beyond.ok) return beyond;
  const id = ids.next(ErasureId);
  const recorded = await audit.record({
    event: "subject:erasing",
    actor: by.id,
    fields: { erasureId: id, kind: subject.kind, id: subject.id },
  });
  if (!recorded.ok) return recorded;
  const generation = ports.vault.generation();
  const begun: ErasureCertificate = {
    id,
    subject,
    at: clock.now(),
    keys: 0,
    rows: {},
    files: 0,
    keyring: { from: generation, to: generation },
    outOfReach: beyond.value,
    audit: { size: 0, root: "" },
    publicKey: "",
    signature: "",
  };
  // Whoever asked for it has its certificate, and whoever keeps the house those of people.
  const marked = await store.privacy.certify({ ...ports.system, principalId: by.id }, begun);
  if (!marked.ok) return marked;
  const certificate = await carryOut(ports, scope, by.id, begun);
  // Also of a former one, for whom the house still does its own work until it is opened anew.
  if (certificate.ok && (sole.value || subject.id === ports.system.principalId)) ports.ownerErased();
  return certificate;
};

/** Goes on with erasures that a crash interrupted. Returns how many it finished; before anything else looks at what is half erased. */
export const resumeErasures = async (ports: PrivacyPorts): Promise<Result<number>> => {
  const { store, log } = ports.house;
  const all = await store.privacy.certificates(ports.system);
  if (!all.ok) return all;
  let finished = 0;
  for (const begun of all.value.filter(isUnfinished).toReversed()) {
    const result = await goOn(ports, begun);
    if (!result.ok) return result;
    log.warn("an erasure that was interrupted is finished", { erasureId: begun.id });
    finished += 1;
  }
  return ok(finished);
};
