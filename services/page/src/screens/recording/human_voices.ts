/** Which taxa are people: BirdNET's labels have "Human vocal" and "Human whistle", others the species. */
import { hidesVoices } from "../../app/preferences";

const VOICES = /^(human (vocal|whistle|voice|speech)|homo sapiens|speech)\b/i;

interface Names {
  scientific_name: string;
  common_name: string;
}

/** Whether it is a human voice, that a preference hides. */
export function isHumanVoice({ scientific_name, common_name }: Names): boolean {
  return VOICES.test(scientific_name) || VOICES.test(common_name);
}

/** Whether something was heard, but of all that nothing is shown. */
export function areAllHidden(taxa: readonly Names[]): boolean {
  return hidesVoices.value && taxa.length > 0 && taxa.every(isHumanVoice);
}
