import type { PropertyDeclarations } from "lit";
import type { Client } from "@moltbot/client";
import type { MoltbotError, Result } from "@moltbot/contracts";
import { PageElement } from "./page-element.ts";

/** An element that asks the gateway, one thing at a time, and says what came of it. */
export abstract class AskingElement extends PageElement {
  static override properties: PropertyDeclarations = {
    call: { attribute: false },
    problem: { state: true },
    busy: { state: true },
    said: { state: true },
  };
  /** Asks the gateway; null while nothing is connected. */
  declare call: Client["call"] | null;
  /** Why the last thing was refused. */
  declare problem: MoltbotError | null;
  declare busy: boolean;
  /** What a screen reader should hear of it. */
  declare said: string;

  constructor() {
    super();
    this.call = null;
    this.problem = null;
    this.busy = false;
    this.said = "";
  }

  /** Nothing of the last try stays. */
  protected clear(): void {
    this.problem = null;
    this.said = "";
  }

  /**
   * Asks for one thing while nothing else is under way; null when it was not asked or refused. What is refused stands in `problem`,
   * and `beside` takes the focus.
   */
  protected async ask<T>(wish: (call: Client["call"]) => Promise<Result<T>>, beside: string): Promise<T | null> {
    const { call } = this;
    if (call === null || this.busy) return null;
    this.busy = true;
    this.problem = null;
    const answer = await wish(call);
    this.busy = false;
    if (answer.ok) return answer.value;
    this.problem = answer.error;
    this.focusOn(beside);
    return null;
  }

  /** Keeps the value of an answer, or says why there is none; the former value stands then. */
  protected taken<T>(answer: Result<T>, before: T): T {
    if (answer.ok) return answer.value;
    this.problem = answer.error;
    return before;
  }
}
