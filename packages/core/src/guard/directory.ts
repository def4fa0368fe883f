import { canonicalAddress } from "@moltbot/contracts";
import type { DecisionInput, JsonValue } from "@moltbot/contracts";

/** What a decision knows of the owner's directory. */
type Directory = NonNullable<DecisionInput["directory"]>;

/** The names under which an address was confirmed: exactly as it was, since another spelling may be another mailbox. */
const namesOf = (value: JsonValue, directory: Directory): readonly string[] =>
  typeof value === "string"
    ? directory
        .filter(({ address, name }) => address === canonicalAddress(value) && !/[@:/]/u.test(name))
        .map(({ name }) => name)
    : [];

/**
 * Whether a value is the address of a confirmed contact whom the authority names. A directory alone endorses nobody: a hijacked
 * model could choose among all that are in it.
 */
export const isNamedContact = (value: JsonValue, directory: Directory, isNamed: (name: string) => boolean): boolean =>
  namesOf(value, directory).some(isNamed);
