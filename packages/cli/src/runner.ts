import type { Command } from "commander";
import { createContext } from "./context.ts";
import type { CommandContext } from "./context.ts";

/** A command's body: the context, its options, its first two arguments ("" when absent). */
export type Body = (
  context: CommandContext,
  options: Readonly<Record<string, unknown>>,
  first: string,
  second: string,
) => Promise<void>;

/** Turns a body into what commander calls. */
export type Runner = (body: Body) => (...received: unknown[]) => Promise<void>;

const isCommand = (value: unknown): value is Command =>
  typeof value === "object" && value !== null && "optsWithGlobals" in value;

/** Commander hands over the arguments, then the options, then the command itself. */
export const createRunner =
  (): Runner =>
  (body) =>
  async (...received) => {
    const command = received.at(-1);
    const options = isCommand(command) ? command.optsWithGlobals<Record<string, unknown>>() : {};
    const words = received.slice(0, -2).map((word) => (typeof word === "string" ? word : ""));
    await body(createContext(options["json"] === true), options, words[0] ?? "", words[1] ?? "");
  };
