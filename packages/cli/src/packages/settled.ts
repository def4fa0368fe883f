import { CommandFailure } from "../context.ts";

/** What a change came to; where the connection breaks off on the way, that it may have taken place, and `look` where to see it. */
export const settled = async <T>(change: Promise<T>, look: string): Promise<T> => {
  try {
    return await change;
  } catch (cause) {
    if (!(cause instanceof CommandFailure) || cause.failure.code !== "GATEWAY_UNREACHABLE") throw cause;
    throw new CommandFailure({
      ...cause.failure,
      message: "The connection to the gateway broke off before it said whether this took place.",
      next: look,
    });
  }
};
