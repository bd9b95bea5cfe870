/** Where commands say what they do, a line at a time; results go elsewhere. */
export type Say = (line: string) => void;
