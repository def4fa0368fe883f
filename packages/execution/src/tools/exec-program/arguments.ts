import { z } from "zod";
import { PROGRAM_SECONDS } from "../../sandbox/index.ts";

const LONGEST_WORD = 32_768;
const LONGEST_LINE = 131_072;
const MOST_WORDS = 256;
const MOST_HOSTS = 20;
const LONGEST_INPUT = 262_144;

/** Texts that end at a zero would be cut where the kernel reads them: another call than the one that was shown. */
const Word = z
  .string()
  .max(LONGEST_WORD)
  .refine((word) => !word.includes("\0"), "no zero characters");

/** The program and its arguments. The program is a plain name or a path: one that begins with a hyphen would be read as an option. */
export const Argv = z
  .array(Word)
  .min(1)
  .max(MOST_WORDS)
  .refine(([program = ""]) => /^[^-\s=][^\s=]*$/u.test(program), "the first word has to name a program")
  .refine((words) => words.reduce((sum, word) => sum + word.length, 0) <= LONGEST_LINE, "it is too long");

export const Command = Word.min(1);
export const Cwd = z.string().min(1).max(1024);
export const Network = z.array(z.string().min(1).max(300)).min(1).max(MOST_HOSTS);
export const Seconds = z.int().min(1).max(PROGRAM_SECONDS.most);
export const Input = z.string().max(LONGEST_INPUT);
/** A program in the background, by the id that starting it gave. */
export const ProgramId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);

/** What every way of running a program takes besides the program itself. */
export const around = { cwd: Cwd.exactOptional(), network: Network.exactOptional(), seconds: Seconds.exactOptional() };
