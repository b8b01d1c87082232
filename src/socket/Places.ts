/** The places for connections that several servers share. */
export interface Places {
  /** Takes one for a connection that is there; `false` when none is left. */
  take(): true | Promise<boolean>;
  /** Gives one back, when its connection is closed. */
  giveBack(): void;
}
