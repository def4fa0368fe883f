import { instantOf } from "@moltbot/contracts";
import type { Conversation } from "@moltbot/contracts";

/**
 * The time in the id of a conversation that a surface keeps under a name, for somebody's program: the id is made from the name alone, so
 * that a restart finds it again. No other id has this time.
 */
export const NAMED_AT = instantOf(1);

const NAMED_ID = /^00000000-0001-/;

/**
 * Whether only its name leads to a conversation. Whoever writes without naming a place must not land in what a stranger's program
 * reads.
 */
export const isKeptForName = ({ id }: Pick<Conversation, "id">): boolean => NAMED_ID.test(id);
