/** Which taxa are people: BirdNET's labels have "Human vocal" and "Human whistle", others the species. */
const VOICES = /^(human (vocal|whistle|voice|speech)|homo sapiens|speech)\b/i;

/** Whether it is a human voice, that a preference hides. */
export function isHumanVoice({
  scientific_name,
  common_name,
}: {
  scientific_name: string;
  common_name: string;
}): boolean {
  return VOICES.test(scientific_name) || VOICES.test(common_name);
}
