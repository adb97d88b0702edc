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

#[test]
fn letters_beyond_ascii_move_no_place() {
    use super::super::super::{Reader, testing::catalogue};
    let line = "größe=\"Ä—ß\"; curl -X DELETE \"https://graph.microsoft.com/beta/deviceManagement/deviceCategories/ü$id\" # ✓ é\n";
    let script = format!("# Übersicht “x”\n{line}echo 'ñ'\n{line}");
    let file = Reader::new(catalogue()).read("x", Shell, &script);
    let start = line.chars().position(|letter| letter == 'c').unwrap() + 1;
    let end = line.chars().count() - " # ✓ é\n".chars().count() + 1;
    let places: Vec<_> =
        file.writes.iter().map(|write| write.place).map(|place| (place.line, place.column, place.end_line, place.end_column)).collect();
    assert_eq!(places, [(2, start, 2, end), (4, start, 4, end)]);
    let shown = "curl -X DELETE \"https://graph.microsoft.com/beta/deviceManagement/deviceCategories/…\"";
    assert!(file.writes.iter().all(|write| file.excerpts[&write.place] == shown), "{:?}", file.excerpts);
}
