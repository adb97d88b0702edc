//! Logs as a tenant writes them: the storage export of MicrosoftGraphActivityLogs (facts/graph.md section 5).

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Parts of the file that are packed one by one.
const PARTS: u64 = 8;

/// Applications, each with its service principal.
const APPLICATIONS: u64 = 60;

/// Requests on Intune that write.
const WRITES: [(&str, &str); 14] = [
    ("PATCH", "beta/deviceAppManagement/mobileApps/{}"),
    ("POST", "beta/deviceAppManagement/mobileApps/{}/assign"),
    ("POST", "v1.0/deviceAppManagement/mobileApps"),
    ("POST", "beta//deviceManagement/deviceManagementScripts"),
    ("DELETE", "beta/deviceManagement/deviceHealthScripts/{}"),
    ("PATCH", "beta/deviceManagement/deviceHealthScripts('{}')"),
    ("POST", "beta/deviceManagement/configurationPolicies"),
    ("PUT", "beta/deviceManagement/configurationPolicies('{}')"),
    ("POST", "beta/deviceManagement/configurationPolicies('{}')/assign"),
    ("POST", "v1.0/deviceManagement/managedDevices/{}/wipe"),
    ("POST", "v1.0/DeviceManagement/managedDevices/{}/retire"),
    ("DELETE", "v1.0/deviceManagement/managedDevices/{}"),
    ("POST", "v1.0/deviceManagement/managedDevices/{}/syncDevice"),
    ("PATCH", "v1.0/deviceManagement/deviceCompliancePolicies/{}"),
];

/// Reads of Intune.
const READS: [&str; 4] = [
    "v1.0/deviceManagement/managedDevices?$filter=complianceState eq 'noncompliant'\\u0026$top=100",
    "beta/deviceAppManagement/mobileApps/{}?$expand=assignments",
    "beta/deviceManagement/configurationPolicies('{}')/settings?$top=1000\\u0026$expand=settingDefinitions",
    "beta//deviceManagement/deviceManagementScripts/{}",
];

/// Everything else, with methods as tenants show them.
const OTHERS: [(&str, &str); 10] = [
    ("GET", "v1.0/users/{}"),
    ("GET", "v1.0/users?$select=id,displayName,userPrincipalName\\u0026$filter=accountEnabled eq true"),
    ("GET", "v1.0/groups/{}/members/microsoft.graph.user?$count=true\\u0026$top=999"),
    ("GET", "beta/auditLogs/signIns?$filter=createdDateTime ge 2026-07-16T00:00:00Z"),
    ("GET", "v1.0/servicePrincipals(appId='{}')/appRoleAssignedTo"),
    ("GET", "v1.0/sites/{}/drive/root/children"),
    ("GET", "v1.0/me/messages?$top=50"),
    ("POST", "v1.0/$batch"),
    ("POST", "v1.0/users/{}/sendMail"),
    ("PATCH", "v1.0/groups/{}"),
];

/// Statuses of writes; most succeed.
const STATUSES: [u16; 10] = [204, 200, 201, 204, 204, 412, 400, 403, 409, 500];

/// Writes the file, and its parts packed by gzip beside it, unless they are there; gives the packed ones.
pub(crate) fn files(path: &Path, size: u64) -> Vec<PathBuf> {
    let there: Vec<PathBuf> = (0..PARTS).map(|part| part_of(path, part)).collect();
    if path.metadata().is_ok_and(|file| file.len() >= size) && there.iter().all(|part| part.is_file()) {
        return there;
    }
    println!("making {} MB of logs", size / 1_000_000);
    let mut random = fastrand::Rng::with_seed(7);
    let mut plain = BufWriter::with_capacity(1 << 20, File::create(path).expect("a file"));
    let (mut packed, mut bytes, mut line, mut seconds) = (Vec::new(), 0_u64, String::new(), 0_u64);
    for part in 0..PARTS {
        let part_path = part_of(path, part);
        let file = BufWriter::new(File::create(&part_path).expect("a file"));
        let mut gzip = flate2::write::GzEncoder::new(file, flate2::Compression::new(6));
        while bytes < size * (part + 1) / PARTS {
            // A record comes again in 2.72 % of the cases, sometimes more than once.
            if line.is_empty() || random.u32(..10_000) >= 272 {
                seconds += 1;
                record(&mut line, &mut random, seconds / 40);
            }
            plain.write_all(line.as_bytes()).expect("it is written");
            gzip.write_all(line.as_bytes()).expect("it is written");
            bytes += line.len() as u64;
        }
        gzip.finish().and_then(|mut file| file.flush()).expect("it is written");
        packed.push(part_path);
    }
    plain.flush().expect("it is written");
    packed
}

fn part_of(path: &Path, part: u64) -> PathBuf {
    path.with_extension(format!("{part}.json.gz"))
}

fn guid(random: &mut fastrand::Rng) -> String {
    let (high, low) = (random.u64(..), random.u64(..));
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        (low >> 48) & 0xfff,
        low & 0xffff_ffff_ffff
    )
}

fn record(line: &mut String, random: &mut fastrand::Rng, seconds: u64) {
    let (method, template, status) = match random.u8(..100) {
        0..3 => {
            let (method, template) = random.choice(WRITES).unwrap_or(WRITES[0]);
            (method, template, random.choice(STATUSES).unwrap_or(204))
        }
        3..15 => ("GET", random.choice(READS).unwrap_or(READS[0]), 200),
        _ => {
            let (method, template) = random.choice(OTHERS).unwrap_or(OTHERS[0]);
            (method, template, 200)
        }
    };
    let uri = template.replace("{}", &guid(random));
    let application = random.u64(..APPLICATIONS);
    let (app, principal) = (format!("aaaaaaaa-0000-4000-8000-{application:012}"), format!("bbbbbbbb-0000-4000-8000-{application:012}"));
    let delegated = random.u8(..10) < 3;
    let user = if delegated { format!("cccccccc-0000-4000-8000-{:012}", random.u16(..500)) } else { String::new() };
    let (id, correlation, token) = (guid(random), guid(random), guid(random));
    let day = 16 + seconds / 86_400 % 14;
    let time = format!(
        "2026-07-{day:02}T{:02}:{:02}:{:02}.{:07}Z",
        seconds / 3600 % 24,
        seconds / 60 % 60,
        seconds % 60,
        random.u32(..10_000_000)
    );
    let address = format!("20.{}.{}.7", application, random.u8(..4));
    let duration = random.u32(400..900_000);
    let roles = "DeviceManagementApps.ReadWrite.All DeviceManagementConfiguration.ReadWrite.All Directory.Read.All User.Read.All";
    let (roles, scopes) = if delegated { ("", "openid profile User.Read Directory.AccessAsUser.All") } else { (roles, "") };
    line.clear();
    let _ = write!(
        line,
        r#"{{"time":"{time}","resourceId":"/TENANTS/D0D0D0D0-0000-4000-8000-000000000000/PROVIDERS/MICROSOFT.AADIAM","operationName":"Microsoft Graph Activity","operationVersion":"{version}","category":"MicrosoftGraphActivityLogs","resultSignature":"{status}","durationMs":"{duration}","callerIpAddress":"{address}","correlationId":"{correlation}","level":"Informational","location":"West Europe","properties":{{"timeGenerated":"{time}","location":"West Europe","requestId":"{id}","operationId":"{correlation}","clientRequestId":"{correlation}","apiVersion":"{version}","requestMethod":"{method}","responseStatusCode":{status},"aadTenantId":"d0d0d0d0-0000-4000-8000-000000000000","iPAddress":"{address}","userAgent":"python-requests/2.32.3","requestUri":"https://graph.microsoft.com/{uri}","durationMs":{duration},"responseSizeBytes":{size},"signInActivityId":"{token}","roles":"{roles}","appId":"{app}","userId":"{user}","servicePrincipalId":"{sp}","scopes":"{scopes}","identityProvider":"https://sts.windows.net/d0d0d0d0-0000-4000-8000-000000000000/","clientAuthMethod":"2","wids":"","C_Idtyp":"{kind}","C_Iat":"1784201000","ipAddress":"{address}","tokenIssuedAt":"2026-07-16T00:00:00Z"}},"tenantId":"d0d0d0d0-0000-4000-8000-000000000000"}}"#,
        version = if uri.starts_with("beta") { "beta" } else { "v1.0" },
        size = duration / 7,
        sp = if delegated { "" } else { &principal },
        kind = if delegated { "user" } else { "app" },
    );
    line.push_str("\r\n");
}
