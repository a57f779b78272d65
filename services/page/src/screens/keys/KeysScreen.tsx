/** Keys: who may use this service, made and revoked by those with the scope `admin`. */
export function KeysScreen() {
  return <h1>Keys</h1>;
}
