use super::template::open_places;
use super::*;
use proptest::prelude::*;

fn plan() -> Plan {
    Plan::new(When::parse("Mon 06:00").unwrap())
}

fn text_of(documents: &[Document]) -> String {
    documents.iter().map(|document| document.text.as_str()).collect()
}

#[test]
fn every_place_is_filled_and_every_file_ends_with_a_line() {
    for platform in Platform::ALL {
        for document in render(platform, &plan()).unwrap() {
            assert_eq!(open_places(&document.text), Vec::<&str>::new(), "{} {}", platform.name(), document.name);
            assert!(document.text.ends_with('\n') && !document.text.ends_with("\n\n"), "{}", document.name);
            assert!(document.text.lines().all(|line| line == line.trim_end() && !line.contains('\t')), "{}", document.name);
        }
    }
}

#[test]
fn everything_that_nobody_named_is_marked() {
    for platform in Platform::ALL {
        let documents = render(platform, &plan()).unwrap();
        assert!(!placeholders(&documents).is_empty(), "{}", platform.name());
    }
    let known = Plan {
        tenant: Some("contoso.onmicrosoft.com".to_owned()),
        client: Some("3a6f0a0e-58a4-4b2f-9a51-5d6f0c1b2e55".to_owned()),
        ..plan()
    };
    for platform in [Platform::Systemd, Platform::Cron, Platform::Windows, Platform::Launchd] {
        assert_eq!(placeholders(&render(platform, &known).unwrap()), BTreeSet::new(), "{}", platform.name());
    }
}

/// Sets one value of a plan.
type Set = fn(&mut Plan, String);

const FREE: [(&str, Set, [Platform; 4]); 2] =
    [("store", |plan, value| plan.store = Some(value), MACHINES), ("binary", |plan, value| plan.binary = Some(value), MACHINES)];

const MACHINES: [Platform; 4] = [Platform::Systemd, Platform::Cron, Platform::Windows, Platform::Launchd];

#[test]
fn a_value_is_refused_where_it_has_no_place() {
    let set: [(&str, Set); 6] = [
        ("--store", |plan, value| plan.store = Some(value)),
        ("--binary", |plan, value| plan.binary = Some(value)),
        ("--image", |plan, value| plan.image = Some(value)),
        ("--tenant", |plan, value| plan.tenant = Some(value)),
        ("--client", |plan, value| plan.client = Some(value)),
        ("--storage-account", |plan, value| plan.storage_account = Some(value)),
    ];
    let mut refused = Vec::new();
    for (option, set) in set {
        for platform in Platform::ALL {
            let mut plan = plan();
            set(&mut plan, "x".to_owned());
            if let Err(error) = render(platform, &plan)
                && error.what.starts_with(&format!("{option} has no place"))
            {
                refused.push(format!("{option} {}", platform.name()));
            }
        }
    }
    assert_eq!(
        refused.join("\n"),
        "--store github\n--store azure-devops\n--store kubernetes\n--store container-apps\n\
         --binary github\n--binary azure-devops\n--binary kubernetes\n--binary container-apps\n\
         --image systemd\n--image cron\n--image windows\n--image launchd\n--image github\n--image azure-devops\n\
         --tenant azure-devops\n--client azure-devops\n--client container-apps\n\
         --storage-account systemd\n--storage-account cron\n--storage-account windows\n--storage-account launchd\n--storage-account kubernetes"
    );
}

#[test]
fn ids_images_and_accounts_that_cannot_be_any_are_refused() {
    for bad in ["", "a b", "x\ny", "${{ github.token }}", "$(id)", "'", "../x", "-x", "é"] {
        let ids = Plan { tenant: Some(bad.to_owned()), ..plan() };
        assert!(render(Platform::Github, &ids).is_err(), "tenant {bad}");
        let ids = Plan { client: Some(bad.to_owned()), ..plan() };
        assert!(render(Platform::Kubernetes, &ids).is_err(), "client {bad}");
        let image = Plan { image: Some(bad.to_owned()), ..plan() };
        assert!(render(Platform::Kubernetes, &image).is_err(), "image {bad}");
        let account = Plan { storage_account: Some(bad.to_owned()), ..plan() };
        assert!(render(Platform::AzureDevops, &account).is_err(), "account {bad}");
    }
    for bad in ["new:", "new:never", "info", "HIGH", "high --x", ""] {
        assert!(FailOn::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn paths_that_the_platform_would_not_reach_are_refused() {
    let store = |platform, path: &str| render(platform, &Plan { store: Some(path.to_owned()), ..plan() });
    for bad in ["runs", "", "/", "/srv/../etc", "/home/anna/runs", "/root", "/tmp/runs", "/srv/a\nb"] {
        assert!(store(Platform::Systemd, bad).is_err(), "{bad}");
    }
    assert!(store(Platform::Systemd, "/homes/runs").is_ok() && store(Platform::Cron, "/home/anna/runs").is_ok());
    for bad in ["runs", r"\\server\share\runs", "C:runs", r"C:\runs\", r"C:\a\..\b", "C:\\a\"b", r"C:\a|b", r"C:\Prüfung", "C:\\a\nb"] {
        assert!(store(Platform::Windows, bad).is_err(), "{bad}");
    }
    assert!(store(Platform::Windows, r"D:\O'Neill & Co\100%").is_ok());
}

#[test]
fn no_severity_is_asked_for_where_status_1_would_look_like_a_crash() {
    let asked = |platform, plan: &Plan| text_of(&render(platform, plan).unwrap()).contains("new:high");
    let given = Plan { fail_on: Some(FailOn::parse("new:high").unwrap()), ..plan() };
    for platform in Platform::ALL {
        let container = matches!(platform, Platform::Kubernetes | Platform::ContainerApps);
        assert_eq!(asked(platform, &plan()), !container, "{}", platform.name());
        assert!(asked(platform, &given), "{}", platform.name());
    }
}

#[test]
fn no_address_of_a_notice_is_an_argument() {
    for platform in Platform::ALL {
        let text = text_of(&render(platform, &plan()).unwrap());
        assert!(text.contains("MAASCAN_NOTIFY_URL") && !text.contains("--notify"), "{}", platform.name());
        assert!(!text.contains("AZURE_CLIENT_SECRET"), "{}", platform.name());
    }
}

#[test]
fn a_national_cloud_is_in_the_run_and_in_the_scripts() {
    let cloud =
        Cloud { name: "usgov".to_owned(), azure_cli: "AzureUSGovernment".to_owned(), graph: "https://graph.microsoft.us".to_owned() };
    let plan = Plan { cloud: Some(cloud), ..plan() };
    for platform in Platform::ALL {
        assert!(text_of(&render(platform, &plan).unwrap()).contains("usgov"), "{}", platform.name());
    }
    for platform in [Platform::Github, Platform::AzureDevops, Platform::Kubernetes, Platform::ContainerApps] {
        assert!(text_of(&render(platform, &plan).unwrap()).contains("AzureUSGovernment"), "{}", platform.name());
    }
}

#[test]
fn a_shorter_memory_and_a_run_with_gaps_are_asked_for() {
    let plan = Plan { keep: Keep::Days(400), allow_incomplete: true, ..plan() };
    let text = text_of(&render(Platform::Kubernetes, &plan).unwrap());
    assert!(text.contains("- \"--keep-days\"\n                - \"400\"\n                - \"--allow-incomplete\"\n"), "{text}");
}

proptest! {
    /// A value of the user's adds no line to any file, whatever it is.
    #[test]
    fn hostile_paths_add_no_line(tail in "[ -~é]{0,40}") {
        for (name, set, platforms) in FREE {
            for platform in platforms {
                let drive = if platform == Platform::Windows { r"C:\" } else { "/srv/" };
                let lines = |value: String| {
                    let mut plan = plan();
                    set(&mut plan, value);
                    render(platform, &plan).map(|documents| text_of(&documents).lines().count())
                };
                if let Ok(count) = lines(format!("{drive}{tail}x")) {
                    prop_assert_eq!(count, lines(format!("{drive}x")).unwrap(), "{} {}", name, platform.name());
                }
            }
        }
    }
}
