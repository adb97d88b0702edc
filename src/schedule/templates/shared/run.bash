# What the run prints names applications, and the log has more readers than the tenant: it is not shown here.
status=0
"$work/maascan" @ARGUMENTS@ >"$work/report.txt" || status=$?
