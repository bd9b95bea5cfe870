/** For the command line, which loads nothing of what records before it is asked to. */
export { TRACER_CHOICES, type TracerChoice } from '../capture/tracer-names.ts';
