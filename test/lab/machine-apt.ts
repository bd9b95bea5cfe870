/** How this machine's apt is set up: the lab's images come from the same archive, by the same way. */
import { execa } from 'execa';

/** The archive of Debian that apt knows. Throws when it knows none. */
export async function debianArchive(): Promise<string> {
  const { stdout } = await execa('apt-get', [
    'indextargets',
    '--format',
    '$(REPO_URI) $(COMPONENT)',
    'Created-By: Packages',
  ]);
  const archive = stdout
    .split('\n')
    .map((line) => line.split(' '))
    .find(([uri = '', component]) => component === 'main' && /\/debian\/?$/.test(uri))?.[0];
  if (archive === undefined) throw new Error('apt of this machine knows no Debian archive with main');
  return archive;
}

/** Whether everything apt is set up with can be reached now. */
export async function archiveAnswers(): Promise<boolean> {
  const update = ['update', '-q', '-o', 'APT::Update::Error-Mode=any'];
  return (await execa('apt-get', update, { reject: false })).exitCode === 0;
}

/** Proxies, and whether an archive may be older than it says: what decides if the archive can be reached at all. */
const PASSED_ON = /^Acquire::(https?::Proxy|Check-Valid-Until) "([^"\n]*)";$/gm;

/** Lines of apt.conf that mmdebstrap needs of this machine, which it does not read itself. */
export async function aptOptions(): Promise<string[]> {
  const { stdout } = await execa('apt-config', ['dump']);
  return [...stdout.matchAll(PASSED_ON)].map(([, name, value]) => `Acquire::${name} "${value}"`);
}
