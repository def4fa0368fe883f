import type { PropertyDeclarations } from "lit";
import type { Client } from "@moltbot/client";
import type { Person, Share, Team } from "@moltbot/contracts";
import { PageDialog } from "./page-dialog.ts";

/** A page about things that are shared: it knows who is here, and what is shared with whom. */
export abstract class SharingPage extends PageDialog {
  static override properties: PropertyDeclarations = {
    people: { state: true },
    teams: { state: true },
    shares: { state: true },
  };
  declare people: readonly Person[];
  declare teams: readonly Team[];
  declare shares: readonly Share[];

  constructor() {
    super();
    this.people = [];
    this.teams = [];
    this.shares = [];
  }

  show(): Promise<void> {
    return this.open();
  }

  /** Loads who is here and what is shared; whatever may not be known stays empty. */
  protected async loadSharing(call: Client["call"]): Promise<void> {
    const [people, teams, shares] = await Promise.all([
      call("people.list", {}),
      call("teams.list", {}),
      call("shares.list", {}),
    ]);
    if (people.ok) this.people = people.value;
    if (teams.ok) this.teams = teams.value;
    if (shares.ok) this.shares = shares.value;
  }
}
