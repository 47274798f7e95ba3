/** Thrown through a command by Ctrl-C. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}
