import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { CommandExit } from "../context.ts";
import { readLines } from "./read-lines.ts";

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

describe("the lines of a pipe", () => {
  it("all come, also those that stood there before the first was answered and the last without a line break", async () => {
    const input = new PassThrough();
    input.end("one\ntwo\nthree");
    const lines = readLines("> ", false, input, new PassThrough());
    expect(await lines.next()).toBe("one");
    await pause();
    expect([await lines.next(), await lines.next(), await lines.next()]).toEqual(["two", "three", null]);
  });
});

describe("the lines of a person at a terminal", () => {
  it("leave the terminal to a question between them and go on after it", async () => {
    const input = new PassThrough();
    const lines = readLines("> ", true, input, new PassThrough());
    const first = lines.next();
    input.write("hello\r");
    expect(await first).toBe("hello");
    expect(input.listenerCount("keypress")).toBe(0);

    const answered = new Promise<string>((resolve) => input.once("data", (bytes: Buffer) => resolve(bytes.toString())));
    input.resume();
    input.write("y");
    expect(await answered).toBe("y");
    input.pause();

    const second = lines.next();
    input.write("again\r");
    expect(await second).toBe("again");
  });

  it("wait for their turn when several were pasted at once", async () => {
    const input = new PassThrough();
    const lines = readLines("> ", true, input, new PassThrough());
    const first = lines.next();
    input.write("one\rtwo\rthree\r");
    expect([await first, await lines.next(), await lines.next()]).toEqual(["one", "two", "three"]);
  });

  it("end with Ctrl-D, and with Ctrl-C as an interruption", async () => {
    const input = new PassThrough();
    const ended = readLines("> ", true, input, new PassThrough()).next();
    input.write("\u0004");
    expect(await ended).toBeNull();
    const other = new PassThrough();
    const interrupted = readLines("> ", true, other, new PassThrough()).next();
    other.write("\u0003");
    await expect(interrupted).rejects.toEqual(new CommandExit(130));
  });
});
