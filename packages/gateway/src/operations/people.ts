import { PrincipalId, covers, err, moltbotError, ok, ownScope, roleSuffices } from "@moltbot/contracts";
import type {
  OperationHandlers,
  OperationInput,
  OperationOutput,
  Person,
  Principal,
  RequestContext,
  Result,
} from "@moltbot/contracts";
import { endHidden } from "../end-hidden.ts";
import { houseScope, peopleOf } from "../keep-house.ts";
import { recordedChange } from "../recorded-change.ts";
import { signInUrl } from "./access.ts";
import { callableName } from "./callable-name.ts";
import { inPerson } from "./in-person.ts";
import { mayChange, mayGive, mayLink, mayRemove, mayTransfer } from "./may-change-person.ts";
import type { OperationPorts } from "./ports.ts";
import { beyond, roleNamed, roleOf, standingOf } from "./standing.ts";

type Handlers = Pick<
  OperationHandlers,
  "people.list" | "people.invite" | "people.link" | "people.change" | "people.remove" | "people.transfer"
>;

/** Finds out who is to be told of a person: everybody in the house, and whom it is about. What it gives tells them at once. */
const teller = async ({ house }: OperationPorts, by: Principal, id: PrincipalId): Promise<(person: Person) => void> => {
  const audience = [...new Set([...(await peopleOf(house.store, by, "everybody")), id])];
  return (person) => house.events.publish("person:changed", { tenantId: by.tenantId, audience }, { person });
};
const tell = async (ports: OperationPorts, by: Principal, person: Person): Promise<void> =>
  (await teller(ports, by, person.id))(person);

/** Words with which commands and pages mean somebody else than a person of that name. */
const RESERVED = /^(me|everyone|everybody|team:.*)$/iu;

/** Of a role of the house's own, for the record. */
const roleIdOf = ({ ownRole }: Pick<Person, "ownRole">): Readonly<Record<string, string>> =>
  ownRole === null ? {} : { roleId: ownRole };

const invite = async (
  ports: OperationPorts,
  context: RequestContext,
  { name, role: word, hours }: OperationInput<"people.invite">,
): Promise<Result<OperationOutput<"people.invite">>> => {
  const { house, identity, facts } = ports;
  const { principal: by, proof } = context;
  const allowed = inPerson(context, "people.invite");
  if (!allowed.ok) return allowed;
  const called = callableName(name, RESERVED);
  if (!called.ok) return called;
  const given = await roleNamed(house.store, by, word);
  if (!given.ok) return given;
  const may = mayGive(standingOf(by, proof), given.value);
  if (!may.ok) return may;
  const { role, ownRole } = given.value;
  const person: Person = {
    id: house.ids.next(PrincipalId),
    name,
    role,
    ownRole,
    state: "invited",
    createdAt: house.clock.now(),
  };
  const scope = houseScope(by);
  const invited = await recordedChange(house, {
    event: {
      event: "person:invited",
      actor: by.id,
      fields: { personId: person.id, role, ...roleIdOf(person), hours },
      details: { name },
      subject: `person:${person.id}`,
    },
    widens: true,
    change: async () => {
      const created = await house.store.people.create(scope, person);
      if (!created.ok) return created;
      const link = await identity.invite(person, hours, by);
      // Without a link they could never come: nobody is left waiting.
      if (!link.ok) await house.store.people.change(scope, person.id, person, { ...person, state: "left" });
      return link;
    },
  });
  if (!invited.ok) return invited;
  await tell(ports, by, person);
  return ok({ person, url: signInUrl(facts.linkAddress(), invited.value.code), expiresAt: invited.value.expiresAt });
};

const link = async (
  ports: OperationPorts,
  context: RequestContext,
  { personId, hours }: OperationInput<"people.link">,
): Promise<Result<OperationOutput<"people.link">>> => {
  const { house, identity, facts } = ports;
  const { principal: by, surface, proof } = context;
  const allowed = inPerson(context, "people.link");
  if (!allowed.ok) return allowed;
  const found = await house.store.people.find(houseScope(by), personId);
  if (!found.ok) return found;
  const person = found.value;
  const standing = await roleOf(house.store, by, person);
  if (!standing.ok) return standing;
  const may = mayLink({ id: by.id, ...standingOf(by, proof) }, person, standing.value, surface === "local");
  if (!may.ok) return may;
  const made = await (person.state === "invited"
    ? identity.invite(person, hours, by)
    : identity.recover(person, hours, by));
  if (!made.ok) return made;
  // Whom it is about hears of it, on every device that still is theirs.
  await tell(ports, by, person);
  return ok({ person, url: signInUrl(facts.linkAddress(), made.value.code), expiresAt: made.value.expiresAt });
};

/** Everything that lets them in ends, and what runs for them; nobody waits for a record before that. */
const shutOut = async (ports: OperationPorts, by: Principal, id: PrincipalId): Promise<Result<void>> => {
  const ended = await ports.identity.endPerson(by, id);
  await endHidden(ports, by);
  return ended;
};

const change = async (
  ports: OperationPorts,
  context: RequestContext,
  { personId, role: word, state }: OperationInput<"people.change">,
): Promise<Result<Person>> => {
  const { principal: by, proof } = context;
  if (word === undefined && state === undefined)
    return err(moltbotError("REQUEST_INVALID", { path: "role", problem: "give a role or a state" }));
  const { house, identity } = ports;
  const scope = houseScope(by);
  const found = await house.store.people.find(scope, personId);
  if (!found.ok) return found;
  const person = found.value;
  const had = await roleOf(house.store, by, person);
  if (!had.ok) return had;
  const given = word === undefined ? had : await roleNamed(house.store, by, word);
  if (!given.ok) return given;
  const role = word === undefined ? undefined : given.value;
  const may = mayChange({ id: by.id, ...standingOf(by, proof) }, person, { role, state });
  if (!may.ok) return may;
  const from = { role: person.role, ownRole: person.ownRole, state: person.state };
  const to = { role: given.value.role, ownRole: given.value.ownRole, state: state ?? person.state };
  if (from.role === to.role && from.ownRole === to.ownRole && from.state === to.state) return ok(person);
  const raised = beyond(given.value, had.value) !== undefined;
  const letIn = from.state !== to.state && to.state === "active";
  const allowed = raised || letIn ? inPerson(context, "people.change") : ok(undefined);
  if (!allowed.ok) return allowed;
  // Whoever is shut out hears why before nobody speaks to them any more, and nobody waits for that.
  const tellChanged = await teller(ports, by, personId);
  return recordedChange<Person>(house, {
    event: {
      event: "person:changed",
      actor: by.id,
      fields: {
        personId,
        fromRole: from.role,
        role: to.role,
        ...roleIdOf(to),
        fromState: from.state,
        state: to.state,
      },
    },
    widens: raised || letIn,
    change: async () => {
      const stored = await house.store.people.change(scope, personId, from, to);
      if (!stored.ok) return stored;
      const isShutOut = to.state === "suspended" && from.state !== "suspended";
      if (!isShutOut) identity.forgetPerson(personId);
      tellChanged(stored.value);
      if (!isShutOut) return stored;
      const out = await shutOut(ports, by, personId);
      return out.ok ? stored : out;
    },
  });
};

const remove = async (
  ports: OperationPorts,
  { principal: by, proof }: RequestContext,
  { personId }: OperationInput<"people.remove">,
): Promise<Result<Person>> => {
  const { house } = ports;
  // The listener lets everybody ask, so that nobody is locked in: of others it takes a role that covers it.
  if (personId !== by.id && proof?.roleCovers !== undefined && !covers(proof.roleCovers, "people.remove"))
    return err(moltbotError("ROLE_LEAVES_OUT", { operation: "people.remove" }));
  // Whoever manages nobody learns of nobody more than that they may not.
  if (personId !== by.id && !roleSuffices(by.role, "admin"))
    return err(moltbotError("ROLE_INSUFFICIENT", { required: "admin", role: by.role }));
  const found = await house.store.people.find(houseScope(by), personId);
  if (!found.ok) return found;
  const person = found.value;
  const may = mayRemove(by, person);
  if (!may.ok) return may;
  const { role, ownRole, state } = person;
  const tellGone = await teller(ports, by, personId);
  return recordedChange<Person>(house, {
    event: {
      event: personId === by.id ? "person:left" : "person:removed",
      actor: by.id,
      fields: { personId, role, fromState: state },
    },
    widens: false,
    change: async () => {
      const stored = await house.store.people.change(
        houseScope(by),
        personId,
        { role, ownRole, state },
        { role, ownRole: null, state: "left" },
      );
      if (!stored.ok) return stored;
      tellGone(stored.value);
      const out = await shutOut(ports, by, personId);
      if (!out.ok) return out;
      const secrets = await ports.secrets.removeAllOf(personId);
      return secrets.ok ? stored : secrets;
    },
  });
};

const transfer = async (
  ports: OperationPorts,
  context: RequestContext,
  { personId }: OperationInput<"people.transfer">,
): Promise<Result<readonly Person[]>> => {
  const { house, identity } = ports;
  const { principal: by } = context;
  const allowed = inPerson(context, "people.transfer");
  if (!allowed.ok) return allowed;
  const scope = houseScope(by);
  const next = await house.store.people.find(scope, personId);
  if (!next.ok) return next;
  const may = mayTransfer(by, next.value);
  if (!may.ok) return may;
  const handed = await recordedChange(house, {
    event: { event: "owner:transferred", actor: by.id, fields: { personId, from: by.id } },
    widens: true,
    change: () => house.store.people.transfer(scope, by.id, personId),
  });
  if (!handed.ok) return handed;
  for (const id of [by.id, personId]) identity.forgetPerson(id);
  const both: Person[] = [];
  for (const id of [by.id, personId]) {
    const person = await house.store.people.find(scope, id);
    if (!person.ok) return person;
    both.push(person.value);
    await tell(ports, by, person.value);
  }
  return ok(both);
};

/** Who is in the house, and who may do what in it. Whose content is seen is none of it. */
export const peopleOperations = (ports: OperationPorts): Handlers => ({
  "people.list": ({ principal }) => ports.house.store.people.list(ownScope(principal)),
  "people.invite": (context, input) => invite(ports, context, input),
  "people.link": (context, input) => link(ports, context, input),
  "people.change": (context, input) => change(ports, context, input),
  "people.remove": (context, input) => remove(ports, context, input),
  "people.transfer": (context, input) => transfer(ports, context, input),
});
