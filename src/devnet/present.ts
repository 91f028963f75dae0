import type { Wei } from '../types/index.ts';
import type { Answer, Balances, GuardVerdict, Session, Settlement } from './demo.ts';
import type { DevnetReport } from './index.ts';
import type { DevnetNetwork } from './network.ts';

/** How the devnet tells its story on a terminal. */
export function present(say: (text: string) => void) {
  const head = (title: string): void => say(`\n${title}\n`);
  const line = (name: string, value: string): void => say(`  ${name.padEnd(11)} ${value}\n`);
  return {
    progress: (text: string): void => say(`· ${text}\n`),
    session({ id, tx, block }: Session): void {
      head('Session');
      line('id', id);
      line('deposit', `tx ${tx} in block ${block}`);
    },
    prompt(text: string): void {
      head(`› ${text}`);
      say('  ');
    },
    text: (text: string): void => say(text.replaceAll('\n', '\n  ')),
    receipt(answer: Answer): void {
      const speed = answer.totalMs > answer.ttftMs ? ((answer.tokens.completion - 1) * 1000) / (answer.totalMs - answer.ttftMs) : 0;
      say('\n');
      head('Receipt');
      line('task', answer.task);
      line('miner', `${answer.minerName} ${answer.miner}`);
      line('model', answer.model);
      line(
        'tokens',
        `${answer.tokens.prompt} prompt + ${answer.tokens.completion} completion, first after ${answer.ttftMs} ms, then ${speed.toFixed(0)} tok/s`,
      );
      line('price', cor(answer.cost));
    },
    verdicts(verdicts: readonly GuardVerdict[]): void {
      head('Verdicts');
      for (const { guard, verdict } of verdicts) line(guard, verdict);
    },
    settlement(settlement: Settlement | undefined, before: Balances, after: Balances): void {
      head('Settlement');
      if (settlement === undefined) line('none', 'the guards found the answer INVALID: nothing is debited, nobody is paid');
      else line(`epoch ${settlement.epoch}`, `tx ${settlement.tx} in block ${settlement.block}`);
      head('Balances (COR)                  before                 after');
      for (const [name, wei] of Object.entries(before)) {
        const now = after[name] ?? wei;
        say(
          `  ${name.padEnd(11)} ${cor(wei, false).padStart(24)} ${cor(now, false).padStart(24)}${now === wei ? '' : `   ${now > wei ? '+' : '−'}${cor(now > wei ? now - wei : wei - now, false)}`}\n`,
        );
      }
    },
    staysUp({ router, genesis }: DevnetNetwork, { session }: DevnetReport, dir: string): void {
      head('Up');
      line('REST', `${router.ready.endpoints.rest}/v1`);
      line('API key', session.apiKey);
      line('JSON-RPC', router.ready.endpoints.rpc);
      line('chain', genesis.anvil.rpcUrl);
      line('logs', `${dir}/nodes/<name>/node.log`);
      say('\n  In another terminal: npx cortensord chat · npx cortensord status · npx cortensord peers\n  Ctrl-C takes everything down.\n');
    },
    goingDown: (): void => say('\n· taking everything down\n'),
  };
}

/** Wei as COR, exact. */
function cor(wei: Wei, unit = true): string {
  const whole = wei / 10n ** 18n;
  const fraction = (wei % 10n ** 18n).toString().padStart(18, '0').replace(/0+$/, '');
  return `${whole}${fraction === '' ? '' : `.${fraction}`}${unit ? ' COR' : ''}`;
}
