import { err, moltbotError, ok } from "@moltbot/contracts";
import type {
  ErasureCertificate,
  OperationHandlers,
  OperationInput,
  Principal,
  RequestContext,
  Result,
} from "@moltbot/contracts";
import { INVENTORY } from "@moltbot/storage/database";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<
  OperationHandlers,
  "privacy.inventory" | "privacy.export" | "privacy.erase" | "privacy.certificates"
>;
type Ports = Pick<OperationPorts, "privacy" | "identity">;

/** Who erased themselves is nobody any more, and what was remembered of them lets nobody in. */
const forget = async (identity: Ports["identity"], by: Principal, id: Principal["id"]): Promise<Result<void>> => {
  identity.forgetPerson(id);
  return by.role === "owner" && by.id === id ? ok(undefined) : identity.endPerson(by, id);
};

const erase = async (
  { privacy, identity }: Ports,
  { principal: by }: RequestContext,
  { subject, confirm }: OperationInput<"privacy.erase">,
): Promise<Result<ErasureCertificate>> => {
  if (confirm.trim().toLowerCase() !== subject.id) return err(moltbotError("ERASURE_NOT_CONFIRMED"));
  const erased = await privacy.erase(by, subject);
  if (!erased.ok || subject.kind !== "person") return erased;
  const forgotten = await forget(identity, by, subject.id);
  return forgotten.ok ? erased : forgotten;
};

/** What is kept, to have it, and to have it gone. */
export const privacyOperations = (ports: Ports): Handlers => ({
  "privacy.inventory": async () => ok(INVENTORY),
  "privacy.export": ({ principal }, { subject }) => ports.privacy.export(principal, subject),
  "privacy.erase": (context, input) => erase(ports, context, input),
  "privacy.certificates": ({ principal }) => ports.privacy.certificates(principal),
});
