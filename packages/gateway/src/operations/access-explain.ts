import { OPERATIONS, OPERATION_NAMES, covers, err, moltbotError, ok, ownScope, roleSuffices } from "@moltbot/contracts";
import type {
  AccessAnswer,
  OperationHandlers,
  OperationInput,
  OperationName,
  Person,
  Proof,
  RequestContext,
  Result,
  StoredAgent,
} from "@moltbot/contracts";
import { judgeAgent } from "../agent-access.ts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<OperationHandlers, "access.explain">;
type Because = AccessAnswer["because"][number];

const because = (allowed: boolean, rule: Because["rule"], says: string): AccessAnswer => ({
  allowed,
  because: [{ rule, says, shareId: null }],
});

/** Both must allow; what refuses is said first. */
const both = (a: AccessAnswer, b: AccessAnswer): AccessAnswer => ({
  allowed: a.allowed && b.allowed,
  because: b.allowed ? [...a.because, ...b.because] : [...b.because, ...a.because],
});

/** Whether somebody may call an operation at all: by where they stand, by their role, and by what a credential is for. */
const judgeOperation = (
  { state, role }: Pick<Person, "state" | "role">,
  name: OperationName,
  scopes: Proof["scopes"],
): AccessAnswer => {
  const { role: required } = OPERATIONS[name];
  if (required === null) return because(true, "role", `${name} needs nobody who is known.`);
  if (state !== "active") return because(false, "state", `Only who is active may anything; this person is ${state}.`);
  if (!roleSuffices(role, required))
    return because(false, "role", `${name} needs the role ${required}; this person has ${role}.`);
  if (scopes !== null && !covers(scopes, name))
    return because(false, "scope", `The credential that asks is not for ${name}: ${scopes.join(", ")}.`);
  return because(true, "role", `${name} needs the role ${required}, and this person has ${role}.`);
};

/** Who it is about: oneself, or another for who keeps the house or asks about a thing of their own. */
const personOf = async (
  { house }: OperationPorts,
  { principal: by }: RequestContext,
  id: OperationInput<"access.explain">["personId"],
  agent: StoredAgent | null,
): Promise<Result<Person>> => {
  const other = id !== undefined && id !== by.id;
  if (other && agent?.ownerId !== by.id && !roleSuffices(by.role, "admin"))
    return err(moltbotError("ROLE_INSUFFICIENT", { required: "admin", role: by.role }));
  const person = await house.store.people.find(ownScope(by), id ?? by.id);
  // Of oneself the credential counts, which may have less than one's whole role.
  return person.ok && !other ? ok({ ...person.value, role: by.role }) : person;
};

const explain = async (
  ports: OperationPorts,
  context: RequestContext,
  { personId, operation, agentId, right }: OperationInput<"access.explain">,
): Promise<Result<AccessAnswer>> => {
  const { principal: by, proof } = context;
  const { store } = ports.house;
  if (operation === undefined && agentId === undefined)
    return err(moltbotError("REQUEST_INVALID", { path: "operation", problem: "name an operation or an agent" }));
  const name = OPERATION_NAMES.find((known) => known === operation);
  if (operation !== undefined && name === undefined) return err(moltbotError("NOT_FOUND", { kind: "operation" }));
  // What the asker may not use is not there for them.
  const agent = agentId === undefined ? ok(null) : await store.agents.find(ownScope(by), agentId);
  if (!agent.ok) return agent;
  const person = await personOf(ports, context, personId, agent.value);
  if (!person.ok) return person;
  const scopes = person.value.id === by.id ? (proof?.scopes ?? null) : null;
  const called = name === undefined ? null : judgeOperation(person.value, name, scopes);
  if (agent.value === null) return called === null ? err(moltbotError("NOT_FOUND", { kind: "operation" })) : ok(called);
  const judged = await judgeAgent(store, by, person.value, agent.value, right);
  return judged.ok && called !== null ? ok(both(judged.value, called)) : judged;
};

/** Says which rule lets somebody do something, or keeps them from it; it changes nothing. */
export const accessExplainOperations = (ports: OperationPorts): Handlers => ({
  "access.explain": (context, input) => explain(ports, context, input),
});
