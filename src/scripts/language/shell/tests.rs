use crate::scripts::Language::Shell;
use crate::scripts::testing::found;

#[test]
fn every_way_to_send_is_found() {
    for call in [
        "curl -X POST \"$U\"",
        "curl -sXPOST \"$U\" -d '{}'",
        "curl --request POST --url \"$U\"",
        "curl --data '{}' \"$U\"",
        "az rest --method post --uri $U --body '{}'",
        "az rest -m post -u $U",
        "curl -X \"POST\" ${U}",
    ] {
        let script = format!("U=https://graph.microsoft.com/beta/deviceManagement/roleDefinitions\n{call}\n");
        assert_eq!(found(Shell, &script).len(), 1, "{call}");
    }
    assert_eq!(found(Shell, "curl -s https://graph.microsoft.com/beta/deviceManagement/roleDefinitions\n"), Vec::<String>::new());
}
