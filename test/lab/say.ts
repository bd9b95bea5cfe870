/** Progress, one line at a time, for whoever waits. */
export type Say = (line: string) => void;
