$deletes = @($old | ForEach-Object {
        @{ # MAA: script delete
            id     = "$($_.id)"
            method = 'DELETE'
            url    = "deviceManagement/deviceHealthScripts/$($_.id)"
        }
    })
Send-Many -Requests $deletes
