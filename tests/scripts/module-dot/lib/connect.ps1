function Connect-AsApp {
    Connect-MgGraph -Identity
}

function Connect-AsPerson {
    Connect-MgGraph -Scopes 'DeviceManagementConfiguration.ReadWrite.All'
}
