import { printable, textLines } from './text-lines.ts';

/** Lines of a guest's console that say how it was set up. */
const SETTINGS: readonly RegExp[] = [
  /\bclocksource[=:]/, //            L2-UP 7.48 0.03 clocksource=kvm-clock (kvm-clock tsc hpet acpi_pm )
  /^cpuidle driver=/, //             cpuidle driver=haltpoll gov=menu mods=0 ptp=
  /^sched .*\[[\w-]+\]/, //          sched [none] mq-deadline  nrhw 1
  /default\/read\/poll queues/, //   [    1.2] nvme nvme0: 1/0/1 default/read/poll queues
  /\bio_poll(_delay)?[=:]/,
];

/** What a console must show to be taken for one. */
const MARKS: readonly RegExp[] = [/^cpuidle driver=/, /^sched .*\[[\w-]+\]/, /^\[ *\d+\.\d{6}\] /];

/** True when some line is one a guest's console shows and its own kernel messages or settings. */
export function sniffConsole(text: string): boolean {
  return textLines(text).some((entry) => MARKS.some((mark) => mark.test(entry.text)));
}

/** The lines on clock source, idle driver, scheduler and poll queues, made printable; at most 100. */
export function parseConsole(text: string): readonly string[] {
  return textLines(text)
    .filter((entry) => SETTINGS.some((setting) => setting.test(entry.text)))
    .slice(0, 100)
    .map((entry) => printable(entry.text));
}
